//! The identity probes against machines that answer, lie, drip or keep silent.
#![expect(clippy::disallowed_types, reason = "the machines of these tests are sockets")]
#![expect(clippy::disallowed_methods, reason = "the tests measure how long asking takes")]
#![expect(clippy::unwrap_used, reason = "a machine of a test that cannot start fails the test")]

mod doors;
mod ends;
mod machine;
mod read_only;
mod tcp;
mod udp;
