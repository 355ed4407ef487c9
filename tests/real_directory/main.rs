//! guidpost against real directories: domain controllers of two forests, and a machine that is none, all from Samba.
//!
//! The tests make a small network of their own out of Linux namespaces. Every machine in it has its own network, host
//! name, `/etc`, state and process ids, and its files lie in memory; nothing of it touches the network or the files of
//! the computer that runs the tests. The namespaces have no names and end with the process that made them, so no run
//! can leave anything behind or stand in the way of another, even if it is killed.
//!
//! Needs root (or the capabilities that [`host`] names) and Debian packages; what is missing is an error that says so,
//! nothing is skipped. `tests/all` installs the packages.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests start machines, wait for them, and write their own files"
)]

mod at_home;
mod changed_address;
mod directory_down;
mod etc;
mod gone;
mod healthy;
mod host;
mod identify;
mod lab;
mod nobody;
mod oracle;
mod partner;
mod promotion;
mod report;
mod samba;
mod settings_missing;
mod small_packets;
mod wire;
mod wrong_machine;
