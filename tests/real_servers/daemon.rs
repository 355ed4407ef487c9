//! Starting a real DNS server on a free loopback port, and ending it.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::forest::Zone;
use crate::reserved::Reserved;

/// Where tests find their servers.
pub(crate) const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The same over IPv6.
pub(crate) const LOCALHOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The programs that serve zones themselves.
pub(crate) const AUTHORITATIVE: [Kind; 3] = [Kind::Bind, Kind::Knot, Kind::Nsd];

/// An authoritative DNS server program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bind,
    Knot,
    Nsd,
}

impl Kind {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Knot => "knot",
            Self::Nsd => "nsd",
        }
    }
}

/// How a server differs from the usual.
#[derive(Default)]
struct Manners {
    /// It gives its whole zones to anybody on this machine.
    open: bool,
    /// More of its configuration.
    settings: String,
}

/// A running server; ends when dropped.
pub(crate) struct Daemon {
    /// Where it answers.
    pub(crate) address: SocketAddr,
    child: Child,
    dir: TempDir,
    _port: Reserved,
}

/// An installed program, and what stands on its command line before its configuration.
struct Program {
    name: &'static str,
    package: &'static str,
    args: &'static [&'static str],
}

/// Why a server does not answer.
enum Trouble {
    PortTaken,
    Other(String),
}

impl Daemon {
    /// Starts an authoritative server with these zones on the IPv4 loopback address.
    pub(crate) fn start(kind: Kind, zones: &[Zone]) -> Self {
        Self::start_at(kind, zones, LOCALHOST)
    }

    /// Starts one that gives its whole zones to anybody on this machine.
    pub(crate) fn start_open(kind: Kind, zones: &[Zone]) -> Self {
        Self::start_with(kind, zones, LOCALHOST, &Manners { open: true, settings: String::new() })
    }

    /// Starts an authoritative server with these zones on `ip`.
    pub(crate) fn start_at(kind: Kind, zones: &[Zone], ip: IpAddr) -> Self {
        Self::start_with(kind, zones, ip, &Manners::default())
    }

    /// Starts BIND or Knot, which answer only so many questions of one client in a second: the rest gets nothing, or (at
    /// Knot, every second one) an empty reply that says TC.
    pub(crate) fn start_limited(kind: Kind, zones: &[Zone], per_second: u32) -> Self {
        let settings = match kind {
            // BIND lets answers slip that are the same; the limit on all of them only loses what is above it.
            Kind::Bind => format!(
                "rate-limit {{ responses-per-second {per_second}; all-per-second {per_second}; slip 2; window 1; }};"
            ),
            Kind::Knot => format!(
                "mod-rrl:\n  - id: few\n    rate-limit: {per_second}\n    slip: 2\n\
                 template:\n  - id: default\n    global-module: mod-rrl/few\n"
            ),
            Kind::Nsd => panic!("NSD from Debian is built without rate limits"),
        };
        Self::start_with(kind, zones, LOCALHOST, &Manners { settings, open: false })
    }

    fn start_with(kind: Kind, zones: &[Zone], ip: IpAddr, manners: &Manners) -> Self {
        let (program, package, args): (_, _, &[&str]) = match kind {
            // -n 1: one worker thread; many servers share the machine. -g: foreground, log on stderr.
            Kind::Bind => ("named", "bind9", &["-g", "-n", "1", "-c"]),
            Kind::Knot => ("knotd", "knot", &["-c"]),
            Kind::Nsd => ("nsd", "nsd", &["-d", "-c"]),
        };
        let prepare = |dir: &Path, address| {
            for zone in zones {
                write(&zone_path(dir, zone), &zone.text());
            }
            match kind {
                Kind::Bind => bind_config(dir, address, zones, manners),
                Kind::Knot => knot_config(dir, address, zones, manners),
                Kind::Nsd => nsd_config(dir, address, zones, manners),
            }
        };
        let known: Vec<&str> = zones.iter().map(|zone| zone.origin.as_str()).collect();
        Self::run(&Program { name: program, package, args }, ip, prepare, &known)
    }

    /// Starts Unbound as a forwarder of everything to `upstream`.
    pub(crate) fn forwarder(upstream: SocketAddr, known: &str) -> Self {
        // -d: foreground. -p: no pid file.
        let unbound = Program { name: "unbound", package: "unbound", args: &["-d", "-p", "-c"] };
        Self::run(&unbound, LOCALHOST, |dir, address| unbound_config(dir, address, upstream), &[known])
    }

    /// `prepare` writes what a server at this address needs into a folder, and gives its configuration; `known` are the
    /// zones that it must answer for.
    fn run(program: &Program, ip: IpAddr, prepare: impl Fn(&Path, SocketAddr) -> String, known: &[&str]) -> Self {
        for _ in 0..5 {
            let mut daemon = Self::spawn(program, Reserved::at(ip), &prepare);
            match daemon.wait_until_it_answers(known) {
                Ok(()) => return daemon,
                // Somebody without a reservation has taken it first.
                Err(Trouble::PortTaken) => {}
                Err(Trouble::Other(text)) => panic!("{} at {} {text}", program.name, daemon.address),
            }
        }
        panic!("{}: every port is taken before it starts", program.name)
    }

    fn spawn(program: &Program, port: Reserved, prepare: &impl Fn(&Path, SocketAddr) -> String) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = dir.path().join("server.conf");
        write(&config, &prepare(dir.path(), port.address));
        // Where AppArmor is on, Debian's profiles forbid the installed programs to read a temporary directory. Profiles
        // go by path, so a copy is free of them.
        let copy = dir.path().join(program.name);
        let installed = find_program(program.name, program.package);
        // By a process of its own: a copy made here would be open for writing while other tests fork, and a program that
        // anybody has open for writing cannot be started (ETXTBSY).
        let copied = Command::new("cp").args([&installed, &copy]).status();
        assert!(copied.is_ok_and(|status| status.success()), "cannot copy {}", installed.display());
        let log = fs::File::create(dir.path().join("log")).expect("a log file");
        // `timeout` bounds the server's life even if the test itself is killed, and passes SIGTERM on to its group:
        // NSD consists of several processes.
        let child = Command::new("timeout")
            .args(["--kill-after=5", "600"])
            .arg(&copy)
            .args(program.args)
            .arg(config)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {}: {e}", program.name));
        Self { address: port.address, child, dir, _port: port }
    }

    /// A server may load its zones one after the other, so all that are `known` are asked for.
    fn wait_until_it_answers(&mut self, known: &[&str]) -> Result<(), Trouble> {
        let start = Instant::now();
        loop {
            let ended = self.child.try_wait().expect("the state of a child process");
            let read = |name: &str| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
            // As Knot, NSD and Unbound say it, and BIND.
            let taken = ["address already in use", "unable to listen on any configured interfaces"];
            let log = read("log").to_lowercase();
            if taken.iter().any(|words| log.contains(words)) {
                return Err(Trouble::PortTaken);
            }
            if ended.is_none() && known.iter().all(|zone| answers(self.address, zone)) {
                return Ok(());
            }
            if ended.is_some() || start.elapsed() > Duration::from_secs(30) {
                let how = ended.map_or("does not answer".to_owned(), |status| format!("ended: {status}"));
                let files = format!("--- configuration\n{}\n--- log\n{}", read("server.conf"), read("log"));
                return Err(Trouble::Other(format!("{how}\n{files}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended by itself has no id any more.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // `Child::kill` sends SIGKILL, which `timeout` could not pass on; the server would stay.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The path of an installed program. Users other than root have no `sbin` directories in their PATH.
pub(crate) fn find_program(program: &str, package: &str) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"])
        .map(|dir| Path::new(dir).join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("`{program}` is not installed: it comes with the Debian package `{package}`; tests/all installs it")
        })
}

/// Whether the server at `address` answers the SOA question for `zone` without error.
fn answers(address: SocketAddr, zone: &str) -> bool {
    let mut question = vec![0x47, 0x50, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in zone.split('.') {
        question.push(u8::try_from(label.len()).expect("a short label"));
        question.extend_from_slice(label.as_bytes());
    }
    question.extend_from_slice(&[0, 0, 6, 0, 1]);
    let ask = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind(SocketAddr::new(address.ip(), 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        socket.connect(address)?;
        socket.send(&question)?;
        let mut reply = [0; 1500];
        let length = socket.recv(&mut reply)?;
        Ok(length > 12 && reply[..2] == question[..2] && reply[3] & 0x0f == 0 && reply[7] > 0)
    };
    ask().unwrap_or(false)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
}

fn zone_path(dir: &Path, zone: &Zone) -> PathBuf {
    dir.join(format!("{}.zone", zone.origin))
}

fn bind_config(dir: &Path, address: SocketAddr, zones: &[Zone], manners: &Manners) -> String {
    let (ip, port, home) = (address.ip(), address.port(), dir.display());
    let (v4, v6) = if ip.is_ipv4() { (format!("{ip};"), "none;".into()) } else { ("none;".into(), format!("{ip};")) };
    let Manners { open, settings } = manners;
    let whom = if *open { "any" } else { "none" };
    // Nothing outside the test's directory is touched. Newer versions of BIND refuse to load more than 100 records of a
    // type at one name unless told otherwise.
    let mut text = format!(
        "options {{\n  directory \"{home}\";\n  pid-file none;\n  lock-file none;\n  session-keyfile \"{home}/session.key\";\n  \
         listen-on port {port} {{ {v4} }};\n  listen-on-v6 port {port} {{ {v6} }};\n  recursion no;\n  notify no;\n  \
         allow-transfer {{ {whom}; }};\n  dnssec-validation no;\n  empty-zones-enable no;\n  max-records-per-type 0;\n  {settings}\n}};\n\
         controls {{ }};\n"
    );
    for zone in zones {
        let file = zone_path(dir, zone);
        let _ = writeln!(text, "zone \"{}\" {{ type primary; file \"{}\"; }};", zone.origin, file.display());
    }
    text
}

fn knot_config(dir: &Path, address: SocketAddr, zones: &[Zone], manners: &Manners) -> String {
    let (ip, port, home) = (address.ip(), address.port(), dir.display());
    let Manners { open, settings } = manners;
    let mut text = format!(
        "server:\n  rundir: \"{home}\"\n  listen: [ \"{ip}@{port}\" ]\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         database:\n  storage: \"{home}/db\"\ncontrol:\n  listen: \"{home}/control\"\nlog:\n  - target: stderr\n    any: info\n\
         acl:\n  - id: local\n    address: 127.0.0.0/8\n    action: transfer\n{settings}zone:\n"
    );
    for zone in zones {
        let file = zone_path(dir, zone);
        let _ = writeln!(
            text,
            "  - domain: \"{}\"\n    file: \"{}\"\n    zonefile-sync: -1\n    journal-content: none",
            zone.origin,
            file.display()
        );
        if *open {
            text.push_str("    acl: local\n");
        }
    }
    text
}

fn nsd_config(dir: &Path, address: SocketAddr, zones: &[Zone], manners: &Manners) -> String {
    let (ip, port, home) = (address.ip(), address.port(), dir.display());
    // Before version 4.8 NSD keeps one database for all of the machine, unless told to keep none.
    let mut text = format!(
        "server:\n  ip-address: {ip}@{port}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"{home}\"\n  \
         pidfile: \"{home}/nsd.pid\"\n  xfrdfile: \"{home}/xfrd.state\"\n  database: \"\"\n  xfrdir: \"{home}\"\n  zonelistfile: \"{home}/zone.list\"\n\
         remote-control:\n  control-enable: no\n"
    );
    for zone in zones {
        let file = zone_path(dir, zone);
        let _ = writeln!(text, "zone:\n  name: \"{}\"\n  zonefile: \"{}\"", zone.origin, file.display());
        if manners.open {
            text.push_str("  provide-xfr: 127.0.0.0/8 NOKEY\n");
        }
    }
    text
}

fn unbound_config(dir: &Path, address: SocketAddr, upstream: SocketAddr) -> String {
    let home = dir.display();
    // Unbound answers `test` by itself (RFC 6761) unless told not to, and does not ask loopback addresses.
    format!(
        "server:\n  interface: {}@{}\n  access-control: 127.0.0.0/8 allow\n  username: \"\"\n  chroot: \"\"\n  directory: \"{home}\"\n  \
         use-syslog: no\n  logfile: \"\"\n  num-threads: 1\n  module-config: \"iterator\"\n  do-not-query-localhost: no\n  \
         local-zone: \"test.\" nodefault\nremote-control:\n  control-enable: no\nforward-zone:\n  name: \".\"\n  forward-addr: {}@{}\n",
        address.ip(),
        address.port(),
        upstream.ip(),
        upstream.port()
    )
}
