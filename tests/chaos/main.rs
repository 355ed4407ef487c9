//! Whole runs over a network and servers that misbehave in every way: what could not be seen is unknown, and nothing
//! becomes wrong, or right, by an accident on the way.
//!
//! Everything is in this process: the demo's DNS servers, and a relay in front of each that loses, delays and changes
//! what it carries, by a seed.
#![expect(clippy::disallowed_types, reason = "relays are sockets")]
#![expect(clippy::disallowed_methods, reason = "relays wait, and tests measure")]
#![expect(clippy::print_stdout, reason = "figures of a run")]
#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails it")]

mod characters;
mod crowd;
mod forest;
mod hostile;
mod injection;
mod lies;
#[expect(dead_code, reason = "this is a part of what the tests of the probes need")]
#[path = "../probe/machine.rs"]
mod machine;
mod message;
#[path = "../plugin_text/mod.rs"]
mod plugin_text;
mod relay;
mod scarce;
#[path = "../start/mod.rs"]
mod start;
mod weather;
