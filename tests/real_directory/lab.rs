//! The network of the tests: who is in it, and how a record there is broken for the time of a test.

use std::io::Write as _;
use std::ops::Deref;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::host::{Host, Switch};
use crate::oracle;
use crate::samba::{self, Dc};

/// DNS name of the forest that the tests are about.
pub(crate) const FOREST: &str = "contoso.test";
/// The host name of the file server.
pub(crate) const FILE_SERVER: &str = "files01";
/// Where Samba puts its records.
const TTL: u32 = 900;

/// The machines.
pub(crate) struct Lab {
    /// The first DC of the forest; all tests ask its DNS server.
    pub(crate) dc1: Dc,
    /// A second DC of the same forest.
    pub(crate) dc2: Dc,
    /// The DC of another forest.
    pub(crate) foreign: Dc,
    /// A machine that is no DC.
    pub(crate) member: Host,
    /// Where guidpost runs.
    pub(crate) client: Host,
    /// How long it took to make all that.
    pub(crate) built_in: Duration,
    /// Where further machines are plugged in.
    pub(crate) switch: Switch,
}

/// The network, for one test at a time: records and daemons are changed in it.
pub(crate) struct Turn {
    lab: &'static Lab,
    _guard: MutexGuard<'static, ()>,
}

/// Puts records back when dropped.
pub(crate) struct Broken<'a> {
    lab: &'a Lab,
    name: String,
    rtype: &'static str,
    right: Vec<String>,
}

/// The network, built once in a run of the tests.
pub(crate) fn lab() -> Turn {
    static LAB: OnceLock<Result<Lab, String>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    static SAID: AtomicBool = AtomicBool::new(false);
    // What a failed test has broken is mended all the same: by `Drop`.
    let guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    match LAB.get_or_init(Lab::start) {
        Ok(lab) => Turn { lab, _guard: guard },
        // Said in full once: it can be long.
        Err(e) if !SAID.swap(true, Ordering::Relaxed) => panic!("cannot build the network of the tests: {e}"),
        Err(_) => panic!("there is no network to test in; another test of this run says why"),
    }
}

impl Lab {
    fn start() -> Result<Self, String> {
        let start = Instant::now();
        let switch = Switch::start()?;
        // The second DC asks the first one's DNS server, so that all registrations meet in one place.
        let plug = |name, last, resolver| Host::start(&switch, name, last, resolver);
        let (dc1, dc2, foreign) = (plug("dc1", 1, 1)?, plug("dc2", 2, 1)?, plug("dc9", 3, 3)?);
        let (member, client) = (plug("member", 5, 1)?, plug("client", 9, 1)?);
        // Client programs of Samba want settings too.
        client.shell("echo '[global]' >/etc/samba/smb.conf")?;
        let (forest, foreign, member) = std::thread::scope(|scope| {
            let foreign = scope.spawn(|| Dc::provision(foreign, "fabrikam.test", &client));
            let member = scope.spawn(|| samba::start_file_server(&member, FILE_SERVER, &client).map(|()| member));
            let forest = Dc::provision(dc1, FOREST, &client).and_then(|dc1| {
                let dc2 = Dc::join(dc2, &dc1, FOREST, &client)?;
                Ok((dc1, dc2))
            });
            let lost = |_| Err("a thread panicked".to_owned());
            (
                forest,
                foreign.join().unwrap_or_else(lost),
                member.join().unwrap_or_else(|_| Err("a thread panicked".into())),
            )
        });
        let ((dc1, dc2), foreign, member) = (forest?, foreign?, member?);
        for dc in [&dc1, &dc2, &foreign] {
            dc.wait_for_netbios(&client)?;
        }
        Ok(Self { dc1, dc2, foreign, member, client, built_in: start.elapsed(), switch })
    }

    /// The records of a name at the DNS server of the tests.
    pub(crate) fn records(&self, name: &str, rtype: &str) -> Vec<String> {
        oracle::records(&self.client, &self.dc1.machine.address, name, rtype)
    }

    /// Puts these records in the place of those that are there, until the returned value is dropped.
    #[must_use]
    pub(crate) fn replace(&self, name: &str, rtype: &'static str, wrong: &[&str]) -> Broken<'_> {
        let broken = Broken { lab: self, name: name.into(), rtype, right: self.records(name, rtype) };
        self.set(name, rtype, wrong).unwrap_or_else(|e| panic!("{e}"));
        broken
    }

    fn set(&self, name: &str, rtype: &str, data: &[&str]) -> Result<(), String> {
        let mut script = format!("server {}\nzone {}\n", self.dc1.machine.address, zone_of(name));
        script.push_str(&format!("update delete {name} {rtype}\n"));
        for data in data {
            script.push_str(&format!("update add {name} {TTL} {rtype} {data}\n"));
        }
        script.push_str("send\n");
        let mut update = self.client.command(&["nsupdate", "-t", "5"]);
        let mut update = update.stdin(Stdio::piped()).spawn().expect("nsupdate starts");
        let mut stdin = update.stdin.take().expect("a pipe");
        stdin.write_all(script.as_bytes()).expect("nsupdate reads");
        drop(stdin);
        if !update.wait().expect("nsupdate ends").success() {
            return Err(format!("nsupdate failed on\n{script}"));
        }
        let mut expected: Vec<String> = data.iter().map(|data| data.trim_end_matches('.').to_lowercase()).collect();
        expected.sort();
        let found = self.records(name, rtype);
        if found == expected { Ok(()) } else { Err(format!("{name} {rtype} is {found:?} after\n{script}")) }
    }
}

/// Samba keeps `_msdcs` in a zone of its own.
fn zone_of(name: &str) -> String {
    if name.contains("._msdcs.") { format!("_msdcs.{FOREST}") } else { FOREST.into() }
}

impl Deref for Turn {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        self.lab
    }
}

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        let dot = if self.rtype == "CNAME" { "." } else { "" };
        let right: Vec<String> = self.right.iter().map(|data| format!("{data}{dot}")).collect();
        let right: Vec<&str> = right.iter().map(String::as_str).collect();
        let mended = self.lab.set(&self.name, self.rtype, &right);
        // A second panic would end the whole run without a word about the first.
        if let (Err(e), false) = (mended, std::thread::panicking()) {
            panic!("{e}");
        }
    }
}
