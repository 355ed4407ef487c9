//! The transport against servers that lie, keep silent, or break the rules.
#![expect(clippy::disallowed_types, reason = "the servers of these tests are sockets")]
#![expect(clippy::disallowed_methods, reason = "the tests measure how long asking takes")]
#![expect(clippy::unwrap_used, reason = "a server of a test that cannot start fails the test")]

mod liar;
mod lies;
mod pace;
mod silence;
mod tcp;
mod transfer;
