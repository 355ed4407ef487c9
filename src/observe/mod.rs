//! The only module that asks: DNS servers, and the operating system for addresses of servers.
