//! Making directories with Samba, and starting and stopping it on a machine.

use serde_json::Value;

use crate::host::{Host, Output, wait_until};
use crate::lab::Lab;
use crate::oracle;
use crate::report::rows;

/// Of every administrator here; the machines are reachable from the tests alone.
const PASSWORD: &str = "Secret.123";

/// Every DC here serves its zones with Samba's own DNS server, and takes the updates of the tests without a key.
/// The last option keeps a broken record broken: the DC would mend it.
const DC_OPTIONS: [&str; 5] = [
    "--dns-backend=SAMBA_INTERNAL",
    "--option=interfaces = lo eth0",
    "--option=bind interfaces only = yes",
    "--option=allow dns updates = nonsecure",
    "--option=dnsupdate:name interval = 86400",
];

/// What starts of Samba on a DC whose directory service is stopped: the endpoint mapper and NetBIOS names.
const WITHOUT_DIRECTORY: [&str; 2] = ["--option=dcerpc endpoint servers=epmapper", "--option=server services=rpc,nbt"];

/// Takes the NTDS Settings object of one DC out of this machine's own copy of the directory, as it would be after somebody
/// had deleted it elsewhere. In the file of the partition, where nothing of it goes to the partners: they keep theirs.
const LOSE_SETTINGS: &str = r#"
import glob, ldb, sys
[partition] = glob.glob("/var/lib/samba/private/sam.ldb.d/CN=CONFIGURATION,*.ldb")
base = ldb.Ldb("tdb://" + partition)
found = base.search(scope=ldb.SCOPE_SUBTREE, expression="(cn=NTDS Settings)")
[own] = [entry for entry in found if "CN=%s," % sys.argv[1] in str(entry.dn).upper()]
with open("/run/settings.ldif", "w") as kept:
    kept.write(base.write_ldif(own, ldb.CHANGETYPE_NONE))
base.delete(own.dn)
"#;

/// Puts it back as it was.
const RESTORE_SETTINGS: &str = r#"
import glob, ldb
[partition] = glob.glob("/var/lib/samba/private/sam.ldb.d/CN=CONFIGURATION,*.ldb")
with open("/run/settings.ldif") as kept:
    [(_, own)] = ldb.Ldb().parse_ldif(kept.read())
ldb.Ldb("tdb://" + partition).add(own)
"#;

/// A machine that is a DC.
pub(crate) struct Dc {
    pub(crate) machine: Host,
    /// Its DNS name, in lower case.
    pub(crate) host: String,
    /// objectGUID of its NTDS Settings object, read from its database and not from the wire.
    pub(crate) guid: String,
}

impl Dc {
    /// Makes this machine the first DC of a forest.
    pub(crate) fn provision(machine: Host, forest: &str, client: &Host) -> Result<Self, String> {
        let realm = format!("--realm={forest}");
        let short = forest.split('.').next().unwrap_or(forest).to_uppercase();
        let domain = format!("--domain={short}");
        let password = format!("--adminpass={PASSWORD}");
        let (name, ip) = (format!("--host-name={}", machine.name), format!("--host-ip={}", machine.address));
        let args = ["samba-tool", "domain", "provision", "--server-role=dc", &realm, &domain, &password, &name, &ip];
        machine.must(&[&args[..], &DC_OPTIONS].concat())?;
        // Its own DNS server is all that this machine knows, so it would forward what it does not know to itself.
        machine.shell("sed -i '/dns forwarder/d' /etc/samba/smb.conf")?;
        Self::start(machine, forest, client)
    }

    /// Makes this machine a further DC of the forest of `partner`.
    pub(crate) fn join(machine: Host, partner: &Self, forest: &str, client: &Host) -> Result<Self, String> {
        let server = format!("--server={}", partner.host);
        let user = format!("-Uadministrator%{PASSWORD}");
        let args = ["samba-tool", "domain", "join", forest, "DC", &server, &user];
        machine.must(&[&args[..], &DC_OPTIONS].concat())?;
        Self::start(machine, forest, client)
    }

    fn start(machine: Host, forest: &str, client: &Host) -> Result<Self, String> {
        let host = format!("{}.{forest}", machine.name);
        let read = "from samba.samdb import SamDB\n\
                    from samba.param import LoadParm\n\
                    from samba.auth import system_session\n\
                    settings = LoadParm()\n\
                    settings.load_default()\n\
                    print(SamDB(lp=settings, session_info=system_session(settings)).get_ntds_GUID())";
        // Debian's own interpreter: another one would not know Samba's modules.
        let guid = machine.must(&["/usr/bin/python3", "-c", read])?.trim().to_lowercase();
        let dc = Self { machine, host, guid };
        dc.start_directory(client)?;
        Ok(dc)
    }

    /// Starts everything, and waits until it works (NetBIOS names come later) as seen from `client`.
    fn start_directory(&self, client: &Host) -> Result<(), String> {
        start(&self.machine, "samba", &[])?;
        let (machine, address) = (&self.machine, self.machine.address.as_str());
        let alias = self.alias();
        wait_for(machine, "its ports", || listens(machine, &[53, 88, 135, 389, 445]))?;
        wait_for(machine, "LDAP", || oracle::ntds_guid(client, address).as_deref() == Some(&self.guid))?;
        wait_for(machine, "its alias in DNS", || !oracle::records(client, address, &alias, "CNAME").is_empty())?;
        wait_for(machine, "the endpoint mapper", || oracle::maps_drsuapi(client, address) == Some(true))
    }

    /// Restarts this machine as it is while AD DS does not run: there, but no DC.
    pub(crate) fn restart_without_directory(&self, client: &Host) -> Result<(), String> {
        let (machine, address) = (&self.machine, self.machine.address.as_str());
        stop(machine)?;
        start(machine, "samba", &WITHOUT_DIRECTORY)?;
        wait_for(machine, "the endpoint mapper", || oracle::maps_drsuapi(client, address) == Some(false))?;
        self.wait_for_netbios(client)
    }

    /// Restarts this machine with everything.
    pub(crate) fn restart(&self, client: &Host) -> Result<(), String> {
        stop(&self.machine)?;
        self.start_directory(client)?;
        self.wait_for_netbios(client)
    }

    /// Deletes this DC's NTDS Settings object in its own copy of the directory, while it runs.
    pub(crate) fn lose_settings(&self, client: &Host) -> Result<(), String> {
        let machine = &self.machine;
        machine.must(&["/usr/bin/python3", "-c", LOSE_SETTINGS, &machine.name.to_uppercase()])?;
        wait_for(machine, "the loss", || oracle::refusal(client, &machine.address).contains(&self.guid))
    }

    /// Puts it back.
    pub(crate) fn restore_settings(&self, client: &Host) -> Result<(), String> {
        self.machine.must(&["/usr/bin/python3", "-c", RESTORE_SETTINGS])?;
        let own = || oracle::ntds_guid(client, &self.machine.address);
        wait_for(&self.machine, "LDAP", || own().as_deref() == Some(&self.guid))
    }

    /// The name of the alias that partners look for.
    pub(crate) fn alias(&self) -> String {
        let forest = self.host.split_once('.').map_or("", |(_, forest)| forest);
        format!("{}._msdcs.{forest}", self.guid)
    }

    /// A NetBIOS name is claimed for some seconds before it is owned.
    pub(crate) fn wait_for_netbios(&self, client: &Host) -> Result<(), String> {
        let name = self.machine.name.to_uppercase();
        let names = || oracle::netbios_names(client, &self.machine.address);
        wait_for(&self.machine, "its NetBIOS name", || names().contains(&name))
    }
}

/// Waits until the first DC's DNS server shows the last of the records that a DC registers over some seconds after its
/// start.
pub(crate) fn wait_for_registration(lab: &Lab, dc: &Dc) -> Result<(), String> {
    let forest = dc.host.split_once('.').map_or("", |(_, forest)| forest);
    let site = format!("_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.{forest}");
    let address = &dc.machine.address;
    let shown = || {
        let script = ["dig", "+short", "+tries=1", &format!("@{}", lab.dc1.machine.address), &site, "SRV"];
        let shared = [format!("gc._msdcs.{forest}"), format!("ForestDnsZones.{forest}"), forest.to_owned()];
        lab.client.run(&script).stdout.to_lowercase().contains(&dc.host)
            && shared.iter().all(|name| lab.records(name, "A").contains(address))
    };
    wait_until(&format!("the records of {}", dc.host), shown)
}

/// Runs the commands that findings give for Samba, as an administrator would copy them who has looked first: those that
/// take something away stand behind a comment sign.
pub(crate) fn do_as_told(lab: &Lab, findings: &[Value]) {
    for finding in findings {
        let lines = rows(finding, "remedy").iter().filter_map(Value::as_str);
        let commands = lines.map(|line| line.trim_start_matches("# ")).filter(|line| line.starts_with("samba-tool "));
        for command in commands {
            let command = command.replace("-U Administrator", &format!("-U 'Administrator%{PASSWORD}'"));
            lab.client.shell(&command).unwrap_or_else(|e| panic!("{command}: {e}"));
        }
    }
}

/// Makes a zone for reverse names, without which nobody can say that an address has none.
pub(crate) fn add_reverse_zone(dc: &Dc, zone: &str) -> Result<(), String> {
    let user = format!("-Uadministrator%{PASSWORD}");
    dc.machine.must(&["samba-tool", "dns", "zonecreate", &dc.machine.address, zone, &user]).map(drop)
}

/// Lets a DC pull its domain from another one, as its own machine account.
pub(crate) fn replicate(destination: &Dc, source: &Dc) -> Output {
    let domain = destination.host.split('.').skip(1).map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    let args = ["samba-tool", "drs", "replicate", "-P", &destination.host, &source.host, &domain];
    destination.machine.run(&args)
}

/// Removes what a dead DC has left in the directory and in DNS.
pub(crate) fn remove_dead(partner: &Dc, name: &str) -> Result<(), String> {
    let dead = format!("--remove-other-dead-server={name}");
    let user = format!("-Uadministrator%{PASSWORD}");
    let server = format!("ldap://{}", partner.host);
    partner.machine.must(&["samba-tool", "domain", "demote", &dead, "-H", &server, &user]).map(drop)
}

/// Makes this machine a file server: no DC, but with a real endpoint mapper.
pub(crate) fn start_file_server(machine: &Host, name: &str, client: &Host) -> Result<(), String> {
    machine.shell(&format!(
        "hostname {name}\n\
         cat >/etc/samba/smb.conf <<END\n\
         [global]\n\
         server role = standalone server\n\
         netbios name = {name}\n\
         interfaces = lo eth0\n\
         bind interfaces only = yes\n\
         rpc start on demand helpers = no\n\
         END"
    ))?;
    start(machine, "smbd", &[])?;
    start(machine, "nmbd", &[])?;
    // Not in the PATH: usually started by smbd, which serves no endpoint mapper on TCP 135.
    let programs =
        machine.shell("ls /usr/libexec/samba/samba-dcerpcd /usr/lib/*/samba/samba-dcerpcd 2>/dev/null || true")?;
    let program = programs.lines().next().ok_or("`samba-dcerpcd` is missing: it comes with the package samba")?;
    start(machine, program, &["--libexec-rpcds"])?;
    let address = machine.address.as_str();
    wait_for(machine, "the endpoint mapper", || oracle::maps_drsuapi(client, address) == Some(false))?;
    wait_for(machine, "SMB", || listens(machine, &[445]))?;
    let name = name.to_uppercase();
    wait_for(machine, "its NetBIOS name", || oracle::netbios_names(client, address).contains(&name))
}

/// Starts a daemon of Samba. Its output goes to a file: a daemon would hold a pipe open.
fn start(machine: &Host, program: &str, options: &[&str]) -> Result<(), String> {
    let script = r#""$@" >>/var/log/samba/started 2>&1 </dev/null"#;
    let started = machine.must(&[&["sh", "-c", script, "sh", program, "-D"], options].concat());
    started.map(drop).map_err(|e| format!("{e}\n{}", logs(machine)))
}

/// Stops Samba in order, for the sake of its databases, then ends what is left by itself.
fn stop(machine: &Host) -> Result<(), String> {
    // The ids are those of this machine alone: 1 is its first process, the keeper keeps it running, $$ is this shell.
    let script = r#"
        read -r keeper </run/keeper
        read -r main </run/samba/samba.pid
        kill "$main"
        for try in $(seq 200); do
            if [ -d "/proc/$main" ]; then sleep 0.05; fi
        done
        for try in $(seq 200); do
            left=
            for process in /proc/[0-9]*; do
                id=${process#/proc/}
                case $id in 1 | "$keeper" | $$) ;; *) left="$left $id" ;; esac
            done
            if [ -z "$left" ]; then exit 0; fi
            for id in $left; do kill -KILL "$id" 2>/dev/null || true; done
            sleep 0.05
        done
        echo "processes that do not end: $left"
        exit 1"#;
    machine.shell(script).map(drop)
}

/// Whether programs of this machine listen on all these TCP ports of its own address.
fn listens(machine: &Host, ports: &[u16]) -> bool {
    let sockets = machine.run(&["ss", "-Hltn"]).stdout;
    ports.iter().all(|port| sockets.contains(&format!("{}:{port} ", machine.address)))
}

fn wait_for(machine: &Host, what: &str, done: impl FnMut() -> bool) -> Result<(), String> {
    wait_until(&format!("{what} on {}", machine.name), done).map_err(|e| format!("{e}\n{}", logs(machine)))
}

/// The end of each of its logs.
fn logs(machine: &Host) -> String {
    machine.shell("tail -n 15 /var/log/samba/* 2>/dev/null || true").unwrap_or_default()
}
