//! One file per subcommand: glue, no logic.
