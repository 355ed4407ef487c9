//! Trying a port: whether a service can be reached at all.

use std::net::SocketAddr;
use std::time::Duration;

use super::net::Conversation;
use crate::evidence::probe::Failure;
use crate::evidence::{Layer, PortState};

/// Tries a port once.
pub(super) async fn try_port(door: SocketAddr, layer: Layer, timeout: Duration) -> PortState {
    match layer {
        Layer::Tcp => state(Conversation::open(door, timeout).await),
        Layer::Udp => PortState::Untried("not built yet".into()),
    }
}

fn state<T>(ended: Result<T, Failure>) -> PortState {
    match ended {
        Ok(_) => PortState::Open,
        Err(Failure::Refused) => PortState::Closed,
        Err(Failure::Unreachable) => PortState::Unreachable,
        Err(Failure::Local(trouble)) => PortState::Untried(trouble),
        Err(_) => PortState::Silent,
    }
}
