//! guidpost verifies the DNS locator records of an Active Directory forest.
//!
//! Data flows one way:
//!
//! ```text
//! arguments + YAML ─► config ─► inventory ─► plan ─► observe ─► evidence      what was seen; the only I/O is in observe
//!                                  evidence ─► rules, forecast ─► verdict, judge ─► report ─► render      pure
//! ```
//!
//! Evidence can be saved and judged again later; the same evidence gives the same report, byte for byte.

pub mod base;
pub mod cli;
pub mod config;
pub mod demo;
pub mod discover;
pub mod evidence;
pub mod findings;
pub mod forecast;
pub mod inventory;
pub mod jobs;
pub mod judge;
pub mod machine;
pub mod observe;
pub mod plan;
#[cfg(test)]
mod properties;
pub mod render;
pub mod report;
pub mod rules;
pub mod run;
#[cfg(test)]
mod testing;
pub mod verdict;
pub mod view;
