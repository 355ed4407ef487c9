//! The `guidpost` command.

fn main() {}
