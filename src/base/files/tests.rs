use std::fs;
use std::io::Write;

use super::*;

#[test]
fn a_new_file_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let mut file = OutputFile::create_new(&path).unwrap();
    file.write_all(b"one").unwrap();
    // Somebody else was faster.
    fs::write(&path, "theirs").unwrap();
    assert!(file.commit().unwrap_err().is_there());
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert!(OutputFile::create_new(&path).unwrap_err().is_there());
    fs::remove_file(&path).unwrap();
    let mut file = OutputFile::create_new(&path).unwrap();
    file.write_all(b"two").unwrap();
    file.commit().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary is left");
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn every_encoding_that_editors_write_gives_the_same_text() {
    let text = "forest: contoso.com\r\n# Zürich 🦀\r\n";
    assert_eq!(decode_text(text.into()).as_deref(), Ok(text));
    assert_eq!(decode_text(format!("\u{feff}{text}").into()).as_deref(), Ok(text));
    assert_eq!(decode_text(utf16(text, u16::to_le_bytes)).as_deref(), Ok(text));
    assert_eq!(decode_text(utf16(text, u16::to_be_bytes)).as_deref(), Ok(text));
    assert_eq!(decode_text(Vec::new()).as_deref(), Ok(""));
}

#[test]
fn what_is_no_text_is_refused_with_its_offset() {
    assert_eq!(decode_text(b"Z\xfcrich".to_vec()), Err(TextError::Utf8 { octet: 0xfc, offset: 1 }));
    assert_eq!(decode_text(b"\xef\xbb\xbfZ\xfcrich".to_vec()), Err(TextError::Utf8 { octet: 0xfc, offset: 4 }));
    assert_eq!(decode_text(b"\xff\xfea\0\0\xd8b\0".to_vec()), Err(TextError::Utf16 { offset: 4 }));
    assert_eq!(decode_text(b"\xff\xfea\0b".to_vec()), Err(TextError::Utf16 { offset: 4 }));
}

#[test]
fn errors_say_what_was_attempted_and_where() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("missing.yaml");
    let error = read_text(&missing).expect_err("no such file");
    assert!(error.is_not_found());
    assert!(error.to_string().starts_with(&format!("cannot read `{}`: ", missing.display())), "{error}");

    let large = directory.path().join("large.yaml");
    fs::write(&large, "12345").expect("written");
    assert_eq!(read_text_up_to(&large, 5).expect("small enough"), "12345");
    let error = read_text_up_to(&large, 4).expect_err("too large");
    assert!(error.to_string().ends_with("it is larger than 4 bytes"), "{error}");

    fs::write(&large, b"caf\xe9").expect("written");
    let error = read_text(&large).expect_err("Latin-1");
    assert!(error.to_string().contains("byte 0xe9 at offset 3 is not UTF-8"), "{error}");
    read_text(directory.path()).expect_err("a directory is no file");
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).expect("a directory").count()
}

#[test]
fn an_output_file_appears_only_when_it_is_complete() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("report.json");
    fs::write(&target, "old").expect("written");

    let mut output = OutputFile::create(&target).expect("created");
    output.write_all(b"new").expect("written");
    output.flush().expect("flushed");
    assert_eq!(fs::read_to_string(&target).expect("read"), "old");
    drop(output);
    assert_eq!(fs::read_to_string(&target).expect("read"), "old");
    assert_eq!(entries(directory.path()), 1);

    let mut output = OutputFile::create(&target).expect("created");
    output.write_all(b"new").expect("written");
    output.commit().expect("renamed");
    assert_eq!(fs::read_to_string(&target).expect("read"), "new");
    assert_eq!(entries(directory.path()), 1);
}

#[test]
fn two_outputs_to_one_target_do_not_mix() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("report.json");
    let mut first = OutputFile::create(&target).expect("created");
    let mut second = OutputFile::create(&target).expect("created");
    first.write_all(b"first").expect("written");
    second.write_all(b"second").expect("written");
    second.commit().expect("renamed");
    first.commit().expect("renamed");
    assert_eq!(fs::read_to_string(&target).expect("read"), "first");
    assert_eq!(entries(directory.path()), 1);
}

#[test]
fn a_bad_path_fails_before_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let nowhere = directory.path().join("missing").join("report.json");
    let error = OutputFile::create(&nowhere).expect_err("no directory");
    assert!(error.to_string().starts_with(&format!("cannot write `{}`: ", nowhere.display())), "{error}");
    OutputFile::create(directory.path()).expect_err("a directory is no file");
    assert_eq!(entries(directory.path()), 0);
}

#[test]
fn a_failed_commit_leaves_the_old_file_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("report.json");
    let output = OutputFile::create(&target).expect("created");
    // Nothing can be renamed over a directory.
    fs::create_dir(&target).expect("a directory in the way");
    output.commit().expect_err("a directory is in the way");
    assert!(target.is_dir());
    assert_eq!(entries(directory.path()), 1);
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_others_may_read() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("real.json");
    let link = directory.path().join("link.json");
    fs::write(&target, "old").expect("written");
    symlink(&target, &link).expect("a link");
    let mut output = OutputFile::create(&link).expect("created");
    output.write_all(b"new").expect("written");
    output.commit().expect("renamed");
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&target).expect("read"), "new");
    // The umask may take bits away, and nothing may add any.
    assert_eq!(fs::metadata(&target).expect("there").mode() & 0o777 & !0o644, 0);
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_never_replaced() {
    let mut output = OutputFile::create(Path::new("/dev/null")).expect("opened");
    output.write_all(b"gone").expect("written");
    output.commit().expect("nothing to rename");
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
}
