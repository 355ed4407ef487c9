//! `docs/report.schema.json` describes the report as the types do.

use crate::render::write_json;
use crate::report::Report;

#[test]
#[expect(clippy::disallowed_methods, reason = "compares a committed file; with UPDATE=1 writes it")]
fn the_committed_schema_is_that_of_the_types() {
    let mut expected = Vec::new();
    write_json(&schemars::schema_for!(Report), &mut expected).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &expected).unwrap();
    }
    // A checkout on Windows may have turned the line ends.
    let committed = std::fs::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
    let hint = "docs/report.schema.json is out of date; run `UPDATE=1 cargo test schema` and commit it";
    assert!(committed.as_bytes() == expected, "{hint}");
}
