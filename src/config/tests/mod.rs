mod example;
mod invalid;
mod json;
mod robust;
mod valid;

use super::*;

/// Rule names for tests; the registry has its own.
const RULES: &[&str] = &["alias-missing", "stale-address", "ttl-unusual"];

fn fine(text: &str) -> Config {
    parse(text, "test.yaml", RULES).unwrap_or_else(|errors| panic!("{}", errors.render(false, true)))
}

/// `line:column message` of each problem.
fn wrong(text: &str) -> Vec<String> {
    let errors = parse(text, "test.yaml", RULES).expect_err(text);
    errors.problems().iter().map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message)).collect()
}

/// A valid configuration with this text behind it.
fn with(more: &str) -> String {
    format!("forest: contoso.com\ndns_servers: [192.0.2.10]\n{more}")
}
