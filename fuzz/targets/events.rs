//! The text of events and of repadmin, from which GUIDs are taken.
#![no_main]

use guidpost::base::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(subjects) = texts::of_text(text) {
        assert!(!subjects.is_empty());
    }
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let _ = texts::of_arguments(&words);
});
