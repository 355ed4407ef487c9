//! The ground of the house: words and values that everybody uses and that know of nobody.

pub mod address;
pub mod codes;
pub mod dns;
pub mod exit;
pub mod files;
pub mod guid;
pub mod name;
pub mod severity;
pub mod texts;
