//! The rows of the DNS servers: how each behaved.

use super::groups::groups;
use crate::evidence::Column;
use crate::inventory::Server;
use crate::report::{ServerRow, ServerStatus};
use crate::view::{Standing, View};

/// One row per server. The letters of those that hold the same data stand only in a run about the DCs.
pub(super) fn server_rows(view: &View<'_>, about_dcs: bool) -> Vec<ServerRow> {
    let groups = groups(view, about_dcs);
    let rows = view.inventory.servers.iter().zip(groups);
    rows.map(|(server, group)| server_row(view, server, group)).collect()
}

fn server_row(view: &View<'_>, server: &Server, group: Option<String>) -> ServerRow {
    let column = server.address.and_then(|address| view.evidence.column(address));
    let questions = column.map_or(0, |column| column.answers().count());
    let mut times: Vec<u32> = column
        .into_iter()
        .flat_map(Column::answers)
        .filter(|(_, answer)| answer.replied())
        .map(|(_, answer)| answer.rtt_us)
        .collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).map(|&micros| f64::from(micros / 10) / 100.0);
    ServerRow {
        server: server.name.clone(),
        address: server.address.map(|address| address.to_string()).unwrap_or_default(),
        status: status(view, server, questions, times.len()),
        questions,
        answers: times.len(),
        rtt_ms: median,
        group,
        also: server.also.clone(),
        trouble: server.trouble.clone().or_else(|| column.and_then(|column| column.trouble.clone())),
    }
}

fn status(view: &View<'_>, server: &Server, questions: usize, answers: usize) -> ServerStatus {
    match view.standing(server) {
        Standing::Unresolved => ServerStatus::Unresolved,
        Standing::Silent(status) => *status,
        Standing::Refusing { .. } => ServerStatus::Refusing,
        // `trouble` says that the fault is ours.
        Standing::NotAsked if view.lacked_socket(server) => ServerStatus::Unreachable,
        // `incomplete` says that it had less time than others to answer.
        Standing::NotAsked => ServerStatus::Silent,
        Standing::Good | Standing::OutsideForest { .. } if answers < questions => ServerStatus::Partial,
        Standing::Good | Standing::OutsideForest { .. } => ServerStatus::Answering,
    }
}
