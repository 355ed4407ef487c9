//! Broken forests that ship inside the binary, and the DNS server that serves them on loopback.
