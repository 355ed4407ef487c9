//! Whatever is given as a configuration is answered, soon, and without a panic.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

const EXAMPLE: &str = include_str!("../../../config.example.yaml");

#[test]
fn other_files_are_answered_soon() {
    assert_eq!(wrong("forest: a\0b"), ["1:10 the file holds the character `\\0`"]);
    let garbage: String = (0..5_000_000u32)
        .map(|i| char::from(b"[]{}:,-# a\n\"'&*!|>%@`x"[(i.wrapping_mul(2_654_435_761) >> 20) as usize % 22]))
        .collect();
    wrong(&garbage);
    wrong(&"x".repeat(5_000_000));
    wrong(&"- ".repeat(20_000));
    wrong(&"[".repeat(1_000_000));
    wrong(&"{a: ".repeat(1_000_000));
    wrong(&"{a: ".repeat(200));
}

#[test]
fn aliases_that_unfold_without_end_stop() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![alias; 9].join(", "));
    }
    assert!(wrong(&text)[0].ends_with("the aliases unfold to far more than the file holds"));
    // Few aliases of much text, which the YAML reader does not count.
    let text = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), vec!["*a"; 10_000].join(", "));
    assert!(wrong(&text)[0].ends_with("the aliases unfold to far more than the file holds"));
    wrong("a: &a [*a]");
}

#[test]
fn ten_thousand_controllers_are_read_and_a_slip_among_them_is_found() {
    let mut text = with("domain_controllers:\n");
    for n in 0..10_000 {
        let _ = writeln!(
            text,
            "  - host: dc{n}.contoso.com\n    guid: 3dab7f9b-92e7-4391-b8db-{n:012x}\n    addresses: [10.{}.{}.1]",
            n / 256,
            n % 256
        );
    }
    let config = fine(&text);
    assert_eq!(config.domain_controllers.len(), 10_000);
    let text = text.replace("dc9999.", "dc0.").replace("000000000007\n", "00000000000z\n");
    let expected = [
        "26:11 `3dab7f9b-92e7-4391-b8db-00000000000z` is no GUID: a GUID has 32 hexadecimal digits in groups of 8-4-4-4-12, like 3dab7f9b-92e7-4391-b8db-71df532c1493",
        "30001:11 two domain controllers have the host `dc0.contoso.com`",
    ];
    assert_eq!(wrong(&text), expected);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        if let Err(errors) = parse(&text, "x", RULES) {
            let _ = (errors.render(true, false), errors.render(false, true));
        }
    }

    #[test]
    fn yaml_like_text_is_answered(text in "([a-z_]{0,8}[:\\-\\[\\]{},&*!#|>'\" \n\t%@~]{1,3}){0,60}") {
        if let Err(errors) = parse(&text, "x", RULES) {
            let _ = (errors.render(true, false), errors.render(false, true));
        }
    }

    #[test]
    fn mutated_examples_are_answered(
        cuts in prop::collection::vec((0..EXAMPLE.len(), 0usize..12, "[a-z0-9:.,\\[\\]{} \n'\"#&*-]{0,4}"), 1..6)
    ) {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        for (at, length, new) in cuts {
            let at = at.min(text.len());
            text.splice(at..(at + length).min(text.len()), new.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(errors) = parse(&text, "x", RULES) {
            for problem in errors.problems() {
                prop_assert!(problem.line > 0 && problem.column > 0, "{problem:?}");
            }
            let _ = (errors.render(true, false), errors.render(false, true));
        }
    }
}
