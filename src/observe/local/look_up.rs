//! What this machine's own resolution says of names: hosts file, cache and DNS, as any program here would see it.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::evidence::LookedUp;

/// How long such look-ups may take. What waits in the operating system cannot be called back, and keeps a thread.
const LIMITS: Limits = Limits { one: Duration::from_secs(15), all: Duration::from_secs(60), in_a_row: 16 };

#[derive(Clone, Copy)]
struct Limits {
    /// One name.
    one: Duration,
    /// All of a round: later ones are not begun.
    all: Duration,
    /// After so many names one after another that took too long, the others would, too.
    in_a_row: u32,
}

/// The look-ups of one round.
pub(in crate::observe) struct LookUps {
    limits: Limits,
    start: Instant,
    slow_in_a_row: Cell<u32>,
}

impl LookUps {
    /// A round that begins now.
    pub(in crate::observe) fn new() -> Self {
        Self::within(LIMITS)
    }

    fn within(limits: Limits) -> Self {
        Self { limits, start: Instant::now(), slow_in_a_row: Cell::new(0) }
    }

    /// Has this machine resolve a name.
    pub(in crate::observe) async fn ask(&self, name: &str) -> LookedUp {
        self.settle(async { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) }).await
    }

    async fn settle(&self, resolution: impl Future<Output = io::Result<Vec<IpAddr>>>) -> LookedUp {
        let Limits { one, all, in_a_row } = self.limits;
        if self.slow_in_a_row.get() >= in_a_row {
            return LookedUp::Failed(format!("not asked: {in_a_row} names in a row gave no answer within {one:?}"));
        }
        if self.start.elapsed() >= all {
            return LookedUp::Failed(format!("not asked: the names before it took {all:?}"));
        }
        let Ok(resolved) = tokio::time::timeout(one, resolution).await else {
            self.slow_in_a_row.set(self.slow_in_a_row.get() + 1);
            return LookedUp::Failed(format!("no answer within {one:?}"));
        };
        self.slow_in_a_row.set(0);
        match resolved {
            // The same address may come by several interfaces.
            Ok(mut addresses) => {
                addresses.sort_unstable();
                addresses.dedup();
                if addresses.is_empty() { LookedUp::Missing } else { LookedUp::Addresses(addresses) }
            }
            Err(error) if is_missing(&error) => LookedUp::Missing,
            Err(error) => LookedUp::Failed(error.to_string()),
        }
    }
}

/// Whether the system says for sure that there is no such name, or that it has no address (EAI_NONAME, EAI_NODATA).
/// Whatever is unclear is no such word.
fn is_missing(error: &io::Error) -> bool {
    if cfg!(windows) {
        // WSAHOST_NOT_FOUND and WSANO_DATA.
        return matches!(error.raw_os_error(), Some(11001 | 11004));
    }
    /// gai_strerror of glibc, musl, and the BSDs with macOS; the program sets no locale, so nothing is translated.
    const TEXTS: [&str; 9] = [
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided, or not known",
        "hostname nor servname provided, or not known",
        "No address associated with nodename",
        "no address associated with name",
        "name or service is not known",
    ];
    let text = error.to_string();
    let said = text.strip_prefix("failed to lookup address information: ");
    said.is_some_and(|said| TEXTS.contains(&said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        crate::observe::run(future).unwrap()
    }

    fn limits(one: u64, all: u64) -> Limits {
        Limits { one: Duration::from_millis(one), all: Duration::from_millis(all), in_a_row: 3 }
    }

    fn failed(text: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::Error::other(format!("failed to lookup address information: {text}")))
    }

    #[test]
    fn addresses_are_sorted_and_told_once() {
        let [low, high]: [IpAddr; 2] = ["192.0.2.1", "2001:db8::1"].map(|address| address.parse().unwrap());
        let found = run(LookUps::new().settle(async { Ok(vec![high, low, high]) }));
        assert_eq!(found, LookedUp::Addresses(vec![low, high]));
        assert_eq!(run(LookUps::new().settle(async { Ok(vec![]) })), LookedUp::Missing);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_clear_no_is_a_missing_name() {
        for (text, missing) in [
            ("Name or service not known", true),
            ("No address associated with hostname", true),
            ("nodename nor servname provided, or not known", true),
            ("Temporary failure in name resolution", false),
            ("Non-recoverable failure in name resolution", false),
            ("System error", false),
        ] {
            let found = run(LookUps::new().settle(async { failed(text) }));
            assert_eq!(found == LookedUp::Missing, missing, "{text}: {found:?}");
            assert!(missing || matches!(found, LookedUp::Failed(_)), "{text}");
        }
        let other = run(LookUps::new().settle(async { Err(io::Error::other("Name or service not known, it seems")) }));
        assert!(matches!(other, LookedUp::Failed(_)), "{other:?}");
    }

    #[test]
    fn the_machine_itself_is_asked() {
        let found = run(LookUps::new().ask("127.0.0.1"));
        assert_eq!(found, LookedUp::Addresses(vec![[127, 0, 0, 1].into()]));
        assert!(matches!(run(LookUps::new().ask("a\0b")), LookedUp::Failed(_)), "no name at all");
    }

    #[test]
    fn one_name_takes_no_longer_than_its_time() {
        let look_ups = LookUps::within(limits(20, 60_000));
        let found = run(look_ups.settle(std::future::pending()));
        assert_eq!(found, LookedUp::Failed("no answer within 20ms".into()));
    }

    #[test]
    fn after_many_slow_names_in_a_row_the_rest_is_not_asked() {
        let look_ups = LookUps::within(limits(20, 60_000));
        run(async {
            for _ in 0..2 {
                look_ups.settle(std::future::pending()).await;
            }
            assert_eq!(
                look_ups.settle(async { failed("Name or service not known") }).await == LookedUp::Missing,
                cfg!(unix)
            );
            for _ in 0..3 {
                assert_eq!(
                    look_ups.settle(std::future::pending()).await,
                    LookedUp::Failed("no answer within 20ms".into())
                );
            }
            let found = look_ups.settle(async { unreachable!("it must not be asked") }).await;
            let text = "not asked: 3 names in a row gave no answer within 20ms";
            assert_eq!(found, LookedUp::Failed(text.into()));
        });
    }

    #[test]
    fn after_the_time_of_all_the_rest_is_not_asked() {
        let look_ups = LookUps::within(limits(1000, 0));
        let found = run(look_ups.settle(async { unreachable!("it must not be asked") }));
        assert_eq!(found, LookedUp::Failed("not asked: the names before it took 0ns".into()));
    }
}
