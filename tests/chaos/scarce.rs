//! What the machine under guidpost has none of: file descriptors, room on a disk.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use guidpost::demo::{Fleet, Quirks, Spec};
use guidpost::report::{Outcome, Report, Verdict};
use tempfile::TempDir;

use crate::forest::{Forest, fails, start};

const FOREST: Forest = Forest { dcs: 4 };

fn folder(servers: &Fleet) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = FOREST.config(servers.addresses(), "timeout: 2s, tries: 2");
    fs::write(folder.path().join("guidpost.yaml"), config).unwrap();
    folder
}

/// Runs the program in a shell that has set a limit before.
fn limited(folder: &Path, limit: &str, arguments: &str) -> Output {
    let script = format!("{limit}; exec \"$0\" {arguments}");
    let guidpost = env!("CARGO_BIN_EXE_guidpost");
    Command::new("sh").args(["-c", &script, guidpost]).current_dir(folder).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn with_few_files(servers: &Fleet, files: usize) -> (Report, i32) {
    let output = limited(folder(servers).path(), &format!("ulimit -n {files}"), "check -f json");
    assert_eq!(text(&output.stderr), "");
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn conversations_wait_for_sockets_that_others_have() {
    let servers = start(vec![FOREST.healthy(); 100]);
    let (report, code) = with_few_files(&servers, 24);
    assert_eq!((report.verdict, code), (Verdict::Ok, 0), "{:?}", report.findings.first());
    assert_eq!(report.counts.unknown, 0);
}

/// Every conversation needs a second socket before it can end.
#[test]
fn connections_wait_too_and_nobody_for_each_other() {
    let cut = Spec { quirks: Quirks { truncate: true, ..Quirks::default() }, ..FOREST.healthy() };
    let servers = start(vec![cut; 40]);
    let (report, code) = with_few_files(&servers, 24);
    assert_eq!((report.verdict, code), (Verdict::Ok, 0), "{:?}", report.findings.first());
}

/// However few there are, a lack of our own is never a fault of a server.
#[test]
fn a_lack_of_files_is_never_a_silent_server() {
    let servers = start(vec![FOREST.healthy(); 10]);
    let folder = folder(&servers);
    for files in 4..16 {
        let output = limited(folder.path(), &format!("ulimit -n {files}"), "check -f json --deadline 3s");
        let stderr = text(&output.stderr);
        let code = output.status.code().unwrap();
        let Ok(report) = serde_json::from_slice::<Report>(&output.stdout) else {
            assert_eq!(code, 3, "{files}: {stderr}");
            // The program, or the loader in front of it, says what it lacks.
            assert!(stderr.contains("open files") || stderr.contains("file descriptor"), "{files}: {stderr}");
            assert!(!stderr.contains("internal error"), "{files}: {stderr}");
            continue;
        };
        assert_eq!(fails(&report), [].into(), "{files} files");
        assert_eq!(code == 0, report.findings.iter().all(|finding| finding.outcome != Outcome::Unknown), "{files}");
        assert!(code == 0 || code == 3, "{files}: {code}");
    }
}

/// `/dev/full` takes what is written and has no room for it.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told() {
    let servers = start(vec![FOREST.healthy()]);
    let folder = folder(&servers);
    for arguments in [
        "check -q --output json=/dev/full",
        "check -q --save-evidence /dev/full",
        "check -f json >/dev/full",
        "check >/dev/full",
        "observe -o /dev/full",
    ] {
        let output = limited(folder.path(), ":", arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("No space left on device"), "{arguments}: {}", text(&output.stderr));
    }
}

/// A file that may not grow past a limit fails like one on a full disk, without a disk for it.
#[test]
fn a_report_that_does_not_fit_leaves_the_old_one_whole() {
    let servers = start(vec![FOREST.healthy()]);
    let folder = folder(&servers);
    for (arguments, file) in
        [("check -q --output json=report.json", "report.json"), ("observe -q -o evidence.json", "evidence.json")]
    {
        let path = folder.path().join(file);
        fs::write(&path, "the old one").unwrap();
        // In blocks of 512 or 1024 octets, as the shell has it; without the signal that would end the program.
        let output = limited(folder.path(), "trap '' XFSZ; ulimit -f 1", arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments}: {stderr}");
        assert!(stderr.contains("cannot write") && stderr.contains("File too large"), "{arguments}: {stderr}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "the old one");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing but the configuration and the old files: {left:?}");
}

/// A disk of its own, in memory and in a namespace that ends with the program, with no room left.
#[cfg(all(target_os = "linux", feature = "real-servers"))]
#[test]
fn a_full_disk_leaves_the_old_report_whole() {
    let servers = start(vec![FOREST.healthy()]);
    let folder = folder(&servers);
    fs::create_dir(folder.path().join("disk")).unwrap();
    for arguments in
        ["check -q --output json=disk/file", "check -q --save-evidence disk/file", "observe -q -o disk/file"]
    {
        let script = format!(
            "mount -t tmpfs -o size=64k tmpfs disk && echo the old one >disk/file && \
             ! dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null && \
             {{ \"$0\" {arguments}; code=$?; cat disk/file; ls -A disk; exit $code; }}; exit 99"
        );
        let inside = ["--user", "--map-root-user", "--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_guidpost")];
        let output = Command::new("unshare").args(inside).current_dir(folder.path()).output().unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{arguments}: {stdout}{stderr}");
        assert!(stderr.contains("cannot write") && stderr.contains("No space left on device"), "{arguments}: {stderr}");
        assert!(stdout.ends_with("the old one\nfile\nfiller\n"), "{arguments}: {stdout}");
    }
}
