//! Broken forests that ship inside the binary, and the DNS servers and machines that play them on loopback.
//!
//! A [`Scenario`] is text: a configuration, what each DNS server holds and how it behaves, and the exact findings that
//! must follow. It is checked for real: `guidpost` asks the servers over the wire like any others.

mod behaviour;
mod compare;
mod expect;
mod machines;
mod ports;
mod records;
mod scenario;
mod server;
mod wire;
mod zone;

pub use behaviour::{Behaviour, Quirks, Spec};
pub use expect::{Expected, ExpectedForecast};
pub use ports::{Port, at_base, listen};
pub use records::{RecordError, Records};
pub use scenario::{RunningScenario, Scenario, ScenarioError, scenarios};
pub use server::{Fleet, RunningServer, Seen, Server};
