//! A run without configuration: servers and machines on loopback, found as they are in the field.
#![expect(clippy::disallowed_methods, reason = "how long discovery takes is part of what is tested")]

mod command;
mod file;
mod forest;
mod properties;
#[path = "../start/mod.rs"]
mod start;
mod trouble;
mod world;
