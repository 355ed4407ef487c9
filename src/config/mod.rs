//! The configuration file: reading, checking, and the form in which it is embedded in evidence.

mod model;

pub use model::*;
