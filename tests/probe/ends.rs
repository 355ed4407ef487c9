//! Runs that end while machines are being asked, and runs without enough sockets.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use guidpost::config::{self, Config, Query};
use guidpost::evidence::Plan;
use guidpost::evidence::{Evidence, Selection, Stage};
use guidpost::observe::{Session, SessionOptions};
use guidpost::report::Incomplete;

#[cfg(target_os = "linux")]
use crate::machine::closed;
use crate::machine::{PATIENCE, timed};

/// More than are asked at the same time.
const MANY: u16 = 400;

fn address(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, 0, high, low))
}

/// A configuration in which these addresses are reached through the door: LDAP pings alone, so that one port is enough.
fn config(addresses: impl Iterator<Item = IpAddr>, door: SocketAddr) -> Config {
    let base = door.port() - 389;
    let text = "forest: contoso.test\ndns_servers: [127.0.0.1]\nprobe: { protocols: [cldap] }\n";
    let mut config = config::parse(text, "test", &[]).unwrap();
    let elsewhere = SocketAddr::new(door.ip(), base);
    config.probe.timeout = PATIENCE;
    config.probe.redirect = addresses.map(|address| (address, Some(elsewhere))).collect::<BTreeMap<_, _>>();
    config
}

fn evidence(config: Config) -> Evidence {
    Evidence::new(config, Selection::default(), 0, "2026-11-20T10:00:00Z".parse().unwrap())
}

/// Asks the machines, and once more as a second round would.
async fn ask(session: &mut Session, evidence: &mut Evidence, count: u16) {
    for stage in [Stage::Directory, Stage::Name] {
        let machines = (0..count).map(|number| (address(number), stage)).collect();
        let plan = Plan { machines, ..Plan::default() };
        session.ask(plan, evidence, &|_, _| Vec::new(), &|_| ()).await;
    }
}

#[test]
fn the_deadline_and_an_interruption_end_asking_at_once() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let after = Duration::from_millis(200);
    for (deadline, expected) in [(Some(after), Incomplete::Deadline), (None, Incomplete::Interrupted)] {
        let mut evidence = evidence(config((0..MANY).map(address), silent.local_addr().unwrap()));
        let ((), took) = timed(async {
            let query = Query { deadline, ..Query::default() };
            let mut session = Session::new(SessionOptions { query, family: None });
            let interrupter = session.interrupter();
            std::thread::spawn(move || {
                std::thread::sleep(after);
                if deadline.is_none() {
                    interrupter.interrupt();
                }
            });
            ask(&mut session, &mut evidence, MANY).await;
        });
        assert!(took < PATIENCE / 2, "{took:?}");
        assert_eq!(evidence.incomplete, Some(expected));
        // Nobody was given the time to answer, so nobody counts as silent; and nobody is asked in another round.
        assert_eq!(evidence.machines.len(), usize::from(MANY));
        for machine in evidence.machines.values() {
            assert!(!machine.replies.any_asked(), "{machine:?}");
            assert_eq!(machine.stage, Stage::Name);
        }
    }
    // The machines of the second half had not had their turn, and those of the first got one datagram each.
    silent.set_nonblocking(true).unwrap();
    let mut buffer = [0; 512];
    let asked = std::iter::from_fn(|| silent.recv(&mut buffer).ok()).count();
    assert!(asked <= 2 * 256, "{asked}");
}

#[test]
// Windows tells of closed ports too, but Wine, where these tests run, does not.
#[cfg(target_os = "linux")]
fn what_was_learned_before_the_end_is_kept() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let held = closed();
    let closed = held.address();
    let mut config = config((0..2).map(address), silent.local_addr().unwrap());
    config.probe.redirect.insert(address(1), Some(SocketAddr::new(closed.ip(), closed.port() - 389)));
    let mut evidence = evidence(config);
    let (_, took) = timed(async {
        let query = Query { deadline: Some(PATIENCE / 2), ..Query::default() };
        ask(&mut Session::new(SessionOptions { query, family: None }), &mut evidence, 2).await;
    });
    assert!(took < PATIENCE, "{took:?}");
    assert!(!evidence.machines[&address(0)].replies.any_asked());
    let learned = evidence.machines[&address(1)].replies.cldap.as_ref().and_then(|reply| reply.failure());
    assert_eq!(learned, Some(&guidpost::evidence::probe::Failure::Refused));
}

#[test]
#[cfg(target_os = "linux")]
fn too_few_sockets_make_a_run_longer_and_not_wrong() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let base = silent.local_addr().unwrap().port() - 389;
    let closed = closed();
    let folder = tempfile::tempdir().unwrap();
    let mut text = format!(
        "forest: contoso.test\nlocator_records: false\ndns_servers: [{{ address: 127.0.0.1, port: {} }}]\n\
         domain_controllers:\n",
        closed.address().port()
    );
    let mut redirect = String::new();
    for number in 1..=MANY {
        let address = address(number);
        text += &format!("  - {{ host: dc{number}.contoso.test, addresses: [{address}] }}\n");
        redirect += &format!("    {address}: 127.0.0.1:{base}\n");
    }
    text += &format!("probe:\n  timeout: 200ms\n  protocols: [cldap]\n  redirect:\n{redirect}");
    let (config, saved) = (folder.path().join("config.yaml"), folder.path().join("evidence.json"));
    std::fs::write(&config, text).unwrap();
    let run = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 32; exec \"$0\" observe -c \"$1\" -o \"$2\"", env!("CARGO_BIN_EXE_guidpost")])
        .args([&config, &saved])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let saved = std::fs::read_to_string(saved).unwrap();
    assert_eq!(saved.matches(r#""cldap":{"failure":{"kind":"timeout""#).count(), usize::from(MANY), "{saved:.2000}");
}
