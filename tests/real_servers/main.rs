//! guidpost against real DNS servers: BIND, Knot, NSD, and Unbound as a forwarder, from Debian packages.
//!
//! Every test writes its zones, starts its servers on free loopback ports, runs the `guidpost` binary and looks at
//! the JSON report. A package that is missing is an error that names it; nothing is skipped. `tests/all` installs the
//! packages.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests start servers, hold sockets, and read and write their own files"
)]

mod daemon;
mod defects;
mod dig;
mod evidence;
mod forest;
mod gone;
mod healthy;
mod limits;
mod relay;
mod reserved;
mod run;
mod server_trouble;
mod transport;
