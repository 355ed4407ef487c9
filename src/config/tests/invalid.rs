//! One file per validation rule in `tests/config`, with the messages that it gives beside it.

use std::path::Path;

use super::*;

#[test]
fn every_invalid_file_gives_exactly_the_expected_messages() {
    let update = std::env::var_os("UPDATE").is_some();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut checked = 0;
    for entry in std::fs::read_dir(&directory).expect("the directory of test data") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if !(name.starts_with("invalid-") && name.ends_with(".yaml")) {
            continue;
        }
        let text = files::read_text(&path).expect("test data").replace("\r\n", "\n");
        let errors = parse(&text, &name, RULES).expect_err(&name);
        let shown = errors.render(false, true);
        let expected = path.with_extension("expected");
        if update {
            let mut file = files::OutputFile::create(&expected).expect("created");
            std::io::Write::write_all(&mut file, shown.as_bytes()).expect("written");
            file.commit().expect("renamed");
        } else {
            let expected = files::read_text(&expected).expect("`UPDATE=1 cargo test` writes it");
            assert_eq!(shown, expected.replace("\r\n", "\n"), "{name}");
        }
        checked += 1;
    }
    assert!(checked >= 30, "only {checked} files");
}

#[test]
fn problems_say_where_they_are_and_what_to_do() {
    let errors = parse(&with("domain_controllers:\n  - { host: dc1.contoso.com, giud: x }"), "a.yaml", RULES)
        .expect_err("an unknown key");
    let [problem] = errors.problems() else { panic!("{errors}") };
    assert_eq!((problem.line, problem.column), (4, 30));
    assert_eq!(problem.path, "domain_controllers[0].giud");
    assert_eq!(
        errors.to_string(),
        "a.yaml:4:30: domain_controllers[0].giud: the key `giud` is not known here (did you mean `guid`?)"
    );
    assert!(errors.render(true, false).contains('\u{1b}'));
    assert!(errors.render(false, true).is_ascii());
}

#[test]
fn text_of_the_file_cannot_disturb_a_terminal() {
    let text = with("\"a\\e[31m\u{202e}\": 1\nretired: [\"b\\u202ec\"]");
    let errors = parse(&text, "x\u{1b}.yaml", RULES).expect_err("bad names");
    assert_eq!(errors.problems().len(), 2);
    for shown in [errors.to_string(), errors.render(false, false)] {
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
}

#[test]
fn without_a_text_there_is_no_place_but_the_path() {
    let value = serde_json::json!({ "forest": "contoso.com", "dns_servers": ["192.0.2.300"] });
    let errors = from_json(&value, RULES).expect_err("a bad address");
    let expected = "config: dns_servers[0]: `192.0.2.300` is not an IP address: octet `300` is greater than 255";
    assert!(errors.to_string().starts_with(expected), "{errors}");
    assert!(errors.render(false, true).contains(expected), "{}", errors.render(false, true));
}
