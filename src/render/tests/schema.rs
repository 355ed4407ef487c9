//! The committed schemas in `docs` describe reports as the types do.

use crate::jobs::identify::Identification;
use crate::render::write_json;
use crate::report::Report;

#[test]
fn the_committed_schema_of_reports_is_that_of_the_types() {
    compare("report.schema.json", &schemars::schema_for!(Report));
}

#[test]
fn the_committed_schema_of_identify_is_that_of_the_types() {
    compare("identify.schema.json", &schemars::schema_for!(Identification));
}

#[expect(clippy::disallowed_methods, reason = "compares a committed file; with UPDATE=1 writes it")]
fn compare(name: &str, schema: &schemars::Schema) {
    let mut expected = Vec::new();
    write_json(schema, &mut expected).unwrap();
    let file = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    // A checkout on Windows may have turned the line ends.
    let committed = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let hint = format!("docs/{name} is out of date; run `UPDATE=1 cargo test schema` and commit it");
    assert!(committed.as_bytes() == expected, "{hint}");
}
