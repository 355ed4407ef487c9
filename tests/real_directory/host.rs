//! A machine of the tests: namespaces of its own, and a way to run programs there.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The private network of the tests; it exists only between their machines.
pub(crate) const PREFIX: &str = "10.77.1.";

/// The switch that the machines are plugged into: a bridge in a network namespace of its own.
pub(crate) struct Switch(Namespaces);

/// A machine with one network interface.
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    namespaces: Namespaces,
}

/// What a program printed, and how it ended.
pub(crate) struct Output {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The namespaces of one machine, held by its first process.
struct Namespaces {
    /// Its process id, as seen from here.
    first: String,
    /// The program that made them. The first process reads from it, and ends when this is dropped or this process ends.
    _maker: Child,
}

impl Switch {
    pub(crate) fn start() -> Result<Self, String> {
        let switch = Self(Namespaces::make("switch", "127.0.0.1")?);
        switch.run("ip link add bridge type bridge && ip link set bridge up")?;
        Ok(switch)
    }

    fn run(&self, script: &str) -> Result<String, String> {
        succeed(self.0.command(&["sh", "-c", script]), script)
    }
}

impl Host {
    /// A machine with the address `PREFIX` + `last` that asks the DNS server `PREFIX` + `resolver`.
    pub(crate) fn start(switch: &Switch, name: &'static str, last: u8, resolver: u8) -> Result<Self, String> {
        let namespaces = Namespaces::make(name, &format!("{PREFIX}{resolver}"))?;
        // In the network of the switch alone: with its process ids too, `ip` would not know the other machine's.
        let cable = ["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", &namespaces.first];
        let mut plug = Command::new("nsenter");
        plug.args(["-t", &switch.0.first, "-n", "--"]).args(cable);
        succeed(plug, "laying a network cable")?;
        switch.run(&format!("ip link set {name} master bridge up"))?;
        let host = Self { name, address: format!("{PREFIX}{last}"), namespaces };
        host.shell(&format!("ip address add {}/24 dev eth0 && ip link set eth0 up", host.address))?;
        Ok(host)
    }

    /// A program that will run on this machine.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.namespaces.command(args)
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        run(self.command(args), args[0]).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Runs a program that must succeed, and returns what it printed.
    pub(crate) fn must(&self, args: &[&str]) -> Result<String, String> {
        succeed(self.command(args), &format!("`{}` on {}", args.join(" "), self.name))
    }

    /// Runs a shell script that must succeed.
    pub(crate) fn shell(&self, script: &str) -> Result<String, String> {
        self.must(&["sh", "-c", script])
    }
}

impl Namespaces {
    fn make(name: &str, resolver: &str) -> Result<Self, String> {
        check_capabilities()?;
        let mut maker = Command::new("unshare");
        maker
            .args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "sh", "-c"])
            .args([include_str!("host.sh"), "sh", name, resolver])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        set_environment(&mut maker);
        let mut maker = maker.spawn().map_err(|e| format!("cannot start `unshare`: {e}"))?;
        let mut first = String::new();
        let said = maker.stdout.take().ok_or("no output of `unshare`")?;
        BufReader::new(said).read_line(&mut first).map_err(|e| format!("cannot read from `unshare`: {e}"))?;
        if first.trim().is_empty() {
            let mut why = String::new();
            if let Some(mut stderr) = maker.stderr.take() {
                let _ = stderr.read_to_string(&mut why);
            }
            return Err(format!("cannot make namespaces for the machine {name}: {why}"));
        }
        Ok(Self { first: first.trim().into(), _maker: maker })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first, "-n", "-m", "-u", "-i", "-p", "--"]).args(args).stdin(Stdio::null());
        set_environment(&mut command);
        command
    }
}

/// Programs see nothing of the surroundings of the tests: no language, no Kerberos tickets, no settings of Samba.
fn set_environment(command: &mut Command) {
    command.env_clear().envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/run"), ("LC_ALL", "C.UTF-8")]);
}

fn run(mut command: Command, what: &str) -> Result<Output, String> {
    let output = command.output().map_err(|e| format!("cannot start {what}: {e}"))?;
    Ok(Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn succeed(command: Command, what: &str) -> Result<String, String> {
    let output = run(command, what)?;
    if output.code == Some(0) {
        return Ok(output.stdout);
    }
    Err(format!("{what} failed with {:?}:\n{}{}", output.code, output.stdout, output.stderr))
}

/// Namespaces are for root only. Said at once and plainly, because what the programs themselves say is obscure.
fn check_capabilities() -> Result<(), String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|e| format!("cannot read /proc: {e}"))?;
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .ok_or("this system does not tell the capabilities of a process")?;
    // The numbers of linux/capability.h.
    let missing: Vec<&str> = [("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21)]
        .into_iter()
        .filter(|(_, bit)| effective & (1_u64 << bit) == 0)
        .map(|(name, _)| name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("these tests run Samba in namespaces and need root; this process lacks {}", missing.join(" and ")))
}

/// Waits until `done` says so; after a minute it is an error that names `what`.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) -> Result<(), String> {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(format!("still waiting after a minute: {what}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
