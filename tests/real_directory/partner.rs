//! Machines with a DNS server of another make, which hold a copy of the forest's zones.

use crate::host::{Host, wait_until};
use crate::lab::{FOREST, Lab};
use crate::oracle;

/// The DNS server programs of partners.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    Bind,
    Knot,
}

/// Starts a machine with a DNS server that holds the records of the first DC's, in which `from` is replaced by `to`.
pub(crate) fn start(lab: &Lab, name: &'static str, last: u8, make: Make, from: &str, to: &str) -> Result<Host, String> {
    let machine = Host::start(&lab.switch, name, last, last)?;
    let host = |dc: &str, address: &str| format!("{dc}. 900 IN A {address}\n").replace(from, to);
    let mut zone = format!("{FOREST}. 3600 IN SOA {name}.{FOREST}. admin.{FOREST}. 1 900 600 86400 3600\n");
    zone += &format!("{FOREST}. 3600 IN NS {name}.{FOREST}.\n{name}.{FOREST}. 900 IN A {}\n", machine.address);
    zone += &host(&lab.dc1.host, &lab.dc1.machine.address);
    zone += &host(&lab.dc2.host, &lab.dc2.machine.address);
    let mut msdcs = format!("_msdcs.{FOREST}. 3600 IN SOA {name}.{FOREST}. admin.{FOREST}. 1 900 600 86400 3600\n");
    msdcs += &format!("_msdcs.{FOREST}. 3600 IN NS {name}.{FOREST}.\n");
    for dc in [&lab.dc1, &lab.dc2] {
        msdcs += &format!("{}. 900 IN CNAME {}.\n", dc.alias(), dc.host);
    }
    machine.shell(&format!(
        "mkdir -p /run/dns && cd /run/dns && cat >forest.zone <<'END'\n{zone}END\ncat >msdcs.zone <<'END'\n{msdcs}END\n"
    ))?;
    let started = match make {
        Make::Bind => machine.shell(&format!(
            "cd /run/dns && cp /usr/sbin/named . && cat >named.conf <<'END'\n\
             options {{ directory \"/run/dns\"; pid-file none; session-keyfile none; recursion no; \
             listen-on {{ any; }}; listen-on-v6 {{ none; }}; dnssec-validation no; }};\n\
             controls {{ }};\n\
             zone \"{FOREST}\" {{ type primary; file \"forest.zone\"; }};\n\
             zone \"_msdcs.{FOREST}\" {{ type primary; file \"msdcs.zone\"; }};\nEND\n\
             ./named -n 1 -c /run/dns/named.conf >log 2>&1 </dev/null"
        )),
        Make::Knot => machine.shell(&format!(
            "cd /run/dns && cp /usr/sbin/knotd . && cat >knot.conf <<'END'\n\
             server:\n    rundir: /run/dns\n    listen: 0.0.0.0@53\n    udp-workers: 1\n    tcp-workers: 1\n    \
             background-workers: 1\n\
             database:\n    storage: /run/dns\n\
             template:\n  - id: default\n    storage: /run/dns\n    zonefile-sync: -1\n    journal-content: none\n\
             zone:\n  - domain: {FOREST}\n    file: forest.zone\n  - domain: _msdcs.{FOREST}\n    file: msdcs.zone\nEND\n\
             ./knotd -d -c /run/dns/knot.conf >log 2>&1 </dev/null"
        )),
    };
    let log = || machine.shell("tail -n 15 /run/dns/log").unwrap_or_default();
    started.map_err(|e| format!("{e}\n{}", log()))?;
    let answers = || !oracle::records(&lab.client, &machine.address, &lab.dc1.host, "A").is_empty();
    wait_until(&format!("the DNS server of {name}"), answers).map_err(|e| format!("{e}\n{}", log()))?;
    Ok(machine)
}
