//! The JSON Schema of the configuration file, for editors.

/// The JSON Schema of the configuration file; `docs/config.schema.json` of the sources.
pub fn schema() -> &'static str {
    include_str!("../../docs/config.schema.json")
}

#[cfg(test)]
pub(super) use made::{paths, paths_of_value};

/// How the schema is made from the table of keys.
#[cfg(test)]
mod made {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value, json};

    use super::super::keys::{Key, Need, ROOT, Shape};

    const V4: &str = r"(\d{1,3}\.){3}\d{1,3}";
    const V6: &str = r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*";
    const GUID: &str = r"\{?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\}?";

    /// The schema as it ought to be.
    fn made() -> Value {
        let mut schema = map(ROOT);
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["title"] = json!("guidpost configuration");
        schema["description"] = json!("What ought to be in the DNS of an Active Directory forest.");
        schema
    }

    fn map(keys: &[Key]) -> Value {
        let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
        let required: Vec<&str> = keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    fn property(key: &Key) -> Value {
        let mut property = shape(&key.shape);
        if key.need != Need::Required {
            // `null` stands for a missing key, and for a list of which every item is commented out.
            property = json!({ "anyOf": [property, { "type": "null" }] });
        }
        if let Need::Default(value) = key.need {
            property["default"] = serde_json::from_str(value).expect("defaults are JSON");
        }
        property["description"] = json!(key.about);
        property
    }

    fn shape(shape: &Shape) -> Value {
        let text = |pattern: String| json!({ "type": "string", "pattern": format!("^({pattern})$") });
        let address = format!("{V4}|{V6}");
        match shape {
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Shape::Text => json!({ "type": "string", "pattern": r"\S" }),
            Shape::Name | Shape::Retired | Shape::Endpoint => json!({ "type": "string", "minLength": 1 }),
            Shape::Guid => text(GUID.to_owned()),
            Shape::Address => text(address),
            Shape::Network => text(format!(r"({address})(/\d{{1,3}})?")),
            Shape::Duration => text(r"\d+ *(ms|s|m|min|h)".to_owned()),
            Shape::Date => json!({ "type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$" }),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::List(item) => json!({ "type": "array", "items": self::shape(item) }),
            Shape::Map(keys) => map(keys),
            Shape::Server(keys) => json!({ "anyOf": [self::shape(&Shape::Endpoint), map(keys)] }),
            Shape::NetworkMap(keys) => json!({ "anyOf": [self::shape(&Shape::Network), map(keys)] }),
            Shape::Rules(keys) => json!({ "type": "object", "additionalProperties": map(keys) }),
            Shape::Redirects => json!({
                "type": "object",
                "propertyNames": text(address),
                "additionalProperties": { "type": "string", "minLength": 1 },
            }),
        }
    }

    /// Every key with the keys above it, such as `dns_servers.address`.
    pub(in super::super) fn paths() -> BTreeSet<String> {
        fn walk(prefix: &str, shape: &Shape, paths: &mut BTreeSet<String>) {
            match shape {
                Shape::List(item) => walk(prefix, item, paths),
                Shape::Map(keys) | Shape::Server(keys) | Shape::NetworkMap(keys) => {
                    for key in *keys {
                        let path = format!("{prefix}.{}", key.name);
                        walk(&path, &key.shape, paths);
                        paths.insert(path);
                    }
                }
                Shape::Rules(keys) => walk(&format!("{prefix}.*"), &Shape::Map(keys), paths),
                _ => {}
            }
        }
        let mut paths = BTreeSet::new();
        walk("", &Shape::Map(ROOT), &mut paths);
        paths
    }

    /// The same of a document; the names of rules and addresses, which are free, appear as `*`.
    pub(in super::super) fn paths_of_value(value: &Value) -> BTreeSet<String> {
        fn walk(prefix: &str, value: &Value, paths: &mut BTreeSet<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| walk(prefix, item, paths)),
                Value::Object(entries) => {
                    for (key, value) in entries {
                        let free = matches!(prefix, ".rules" | ".probe.redirect");
                        let path = if free { format!("{prefix}.*") } else { format!("{prefix}.{key}") };
                        walk(&path, value, paths);
                        if !free {
                            paths.insert(path);
                        }
                    }
                }
                _ => {}
            }
        }
        let mut paths = BTreeSet::new();
        walk("", value, &mut paths);
        paths
    }

    #[test]
    fn the_committed_schema_is_the_one_that_the_keys_make() {
        let made = format!("{:#}\n", made());
        if std::env::var_os("UPDATE").is_some() {
            let mut file = crate::base::files::OutputFile::create("docs/config.schema.json".as_ref()).expect("created");
            std::io::Write::write_all(&mut file, made.as_bytes()).expect("written");
            return file.commit().expect("renamed");
        }
        // A checkout on Windows may have other line ends.
        assert_eq!(super::schema().replace('\r', ""), made, "`UPDATE=1 cargo test` writes it again");
    }
}
