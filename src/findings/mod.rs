//! What rules find, and what is known of a rule: the words between the rules and those who read their findings.

mod draft;
pub mod remedy;
mod rule;
mod sink;

pub use draft::{Draft, Subject};
pub use rule::{Explains, Group, Need, Rule, Traits};
pub use sink::{Marks, Outcomes, Sink, Walks};
