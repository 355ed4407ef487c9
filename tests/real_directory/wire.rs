//! What guidpost puts on the wire, dissected by tshark: well-formed, and nothing but questions.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::host::wait_until;
use crate::lab::{Lab, lab};
use crate::report::Workplace;

/// A capture of everything on the client's network interface.
struct Capture<'a> {
    lab: &'a Lab,
    file: String,
    tshark: Child,
}

impl<'a> Capture<'a> {
    fn start(lab: &'a Lab, file: &Path) -> Self {
        let log = file.with_extension("log");
        let file = file.to_str().expect("the path of a temporary directory is UTF-8").to_owned();
        let tshark = lab
            .client
            .command(&["tshark", "-q", "-i", "eth0", "-w", &file])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log file"))
            .spawn()
            .expect("tshark starts");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        wait_until("tshark captures", || said().contains("Capture started"))
            .unwrap_or_else(|e| panic!("{e}\n{}", said()));
        Self { lab, file, tshark }
    }

    /// Ends the capture once it holds a packet that was sent last of all.
    fn stop(mut self) -> Dissected<'a> {
        let last = "end-of-capture.test";
        let marker = ["dig", "+tries=1", "+time=1", "@10.77.1.1", last];
        self.lab.client.run(&marker);
        wait_until("tshark has written everything", || {
            let seen = self.lab.client.run(&["tshark", "-r", &self.file, "-Y", &format!("dns.qry.name == \"{last}\"")]);
            !seen.stdout.is_empty()
        })
        .unwrap_or_else(|e| panic!("{e}"));
        // The id that is known here is that of nsenter; on the machine tshark has its own.
        self.lab.client.shell("kill $(pidof tshark)").unwrap_or_else(|e| panic!("{e}"));
        let _ = self.tshark.wait();
        Dissected { lab: self.lab, file: self.file, marker: last }
    }
}

struct Dissected<'a> {
    lab: &'a Lab,
    file: String,
    marker: &'static str,
}

impl Dissected<'_> {
    /// The distinct values of a field in the packets that guidpost sent and that `filter` picks.
    fn sent(&self, filter: &str, field: &str) -> BTreeSet<String> {
        let marker = self.marker;
        let filter = format!("ip.src == {} && !(dns.qry.name == \"{marker}\") && ({filter})", self.lab.client.address);
        let printed = self
            .lab
            .client
            .must(&["tshark", "-r", &self.file, "-Y", &filter, "-T", "fields", "-E", "separator=,", "-e", field])
            .unwrap_or_else(|e| panic!("{e}"));
        printed.lines().flat_map(|line| line.split(',')).map(str::to_owned).collect()
    }
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn only_questions_leave_the_machine_and_they_are_well_formed() {
    let lab = lab();
    // A DC, a DC of another forest and a file server: every protocol has a reason to speak.
    let own = [lab.dc2.machine.address.as_str(), lab.foreign.machine.address.as_str(), lab.member.address.as_str()];
    let _broken = lab.replace(&lab.dc2.host, "A", &own);
    let place = Workplace::new(&lab, &[lab.dc2.described(&own)]);
    let capture = Capture::start(&lab, &place.path("capture.pcapng"));
    place.check(&[]);
    let seen = capture.stop();

    assert_eq!(seen.sent("_ws.malformed || _ws.unreassembled", "frame.number"), set(&[]), "malformed requests");
    assert_eq!(seen.sent("dns && !nbns", "dns.flags.opcode"), set(&["0"]), "only DNS queries");
    // 2 is the end of a session (unbind), 3 a search.
    let ldap = seen.sent("ldap || cldap", "ldap.protocolOp");
    assert!(ldap.contains("3"), "searches in {ldap:?}");
    assert!(ldap.is_subset(&set(&["2", "3"])), "only searches over LDAP: {ldap:?}");
    // The endpoint mapper is asked for one interface: bind (11) and a request (0) of ept_map (3).
    let rpc = seen.sent("dcerpc", "dcerpc.pkt_type");
    assert!(rpc.contains("0") && rpc.is_subset(&set(&["0", "11"])), "RPC packets {rpc:?}");
    assert_eq!(seen.sent("dcerpc.pkt_type == 0", "dcerpc.opnum"), set(&["3"]), "only ept_map");
    // 1 opens the exchange and gets the names; 3 would be an attempt to log on.
    assert_eq!(seen.sent("ntlmssp", "ntlmssp.messagetype"), set(&["0x00000001"]), "no attempt to log on");
    // Negotiate and session setup.
    let smb = seen.sent("smb2", "smb2.cmd");
    assert!(smb.is_subset(&set(&["0", "1"])), "SMB commands {smb:?}");

    // An ICMP error of the system carries the header of the packet that it is about.
    let asked = seen.sent("ip && !icmp", "ip.dst");
    let known: BTreeSet<String> =
        own.iter().chain([&lab.dc1.machine.address.as_str()]).map(|address| (*address).to_owned()).collect();
    assert_eq!(asked, known, "machines that were spoken to");
}

/// Without probing, DNS is all there is.
#[test]
fn without_probing_there_is_only_dns() {
    let lab = lab();
    let own = [lab.dc2.machine.address.as_str()];
    let place = Workplace::new(&lab, &[lab.dc2.described(&own)]);
    let capture = Capture::start(&lab, &place.path("capture.pcapng"));
    place.check(&["--no-probe"]);
    let seen = capture.stop();

    assert_eq!(seen.sent("_ws.malformed", "frame.number"), set(&[]), "malformed requests");
    assert_eq!(seen.sent("udp || tcp", "udp.dstport"), set(&["53"]), "DNS over UDP");
    assert_eq!(seen.sent("dns", "dns.flags.opcode"), set(&["0"]), "only queries");
    assert_eq!(seen.sent("ip", "ip.dst"), set(&[&lab.dc1.machine.address]));
}
