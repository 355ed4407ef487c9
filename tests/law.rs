//! The law of the house: imports go down only.
//!
//! Every path of `src/` is read, `use` and inline, in macros too, and held against the storeys below. Code that only tests
//! have may import anything.

#![expect(clippy::disallowed_methods, reason = "the law reads the sources")]

#[path = "law/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use source::{Source, parse};

/// The rooms by storey, from the ground up: a room imports only from storeys below its own.
const STOREYS: &[&[&str]] = &[
    &["base"],
    &["config"],
    &["evidence"],
    &["machine", "observe"],
    &["inventory", "report", "zone"],
    &["view"],
    &["truth"],
    &["walk"],
    &["findings", "forecast"],
    &["jobs", "discover", "mend"],
    &["plan"],
    &["rules"],
    &["verdict"],
    &["judge"],
    &["run", "render"],
    &["demo", "serve"],
    &["cli"],
];

/// The sub-rooms of `jobs`.
const JOBS: &[&str] = &["check", "preflight", "gone", "identify"];

/// Imports that the law forbids and that are still there. The list only ever gets shorter.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Sub-rooms of `jobs` that import each other still. The list only ever gets shorter.
const JOB_EXCEPTIONS: &[(&str, &str)] = &[];

/// Where `Purpose` is told apart.
const PURPOSE: &[&str] = &["evidence/purpose.rs", "jobs/mod.rs"];

/// Other files that tell it apart still. The list only ever gets shorter.
const PURPOSE_EXCEPTIONS: &[&str] = &[];

/// Files that hold names of rules which are not theirs still. The list only ever gets shorter.
const NAME_EXCEPTIONS: &[&str] = &[];

/// Files that hand on other rooms' items still. The list only ever gets shorter.
const HUB_EXCEPTIONS: &[&str] = &[];

/// The library's files. `main.rs` is a crate of its own.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let sources = source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    sources.into_iter().filter(|source| source.file != "main.rs").collect()
});

fn storey(room: &str) -> usize {
    let storey = STOREYS.iter().position(|rooms| rooms.contains(&room));
    storey.unwrap_or_else(|| panic!("the room {room} has no storey: it belongs into the table of tests/law.rs"))
}

/// Compares what breaks a law with what is known to break it.
fn compare<T: Ord + Copy + std::fmt::Debug>(
    law: &str,
    broken: &BTreeSet<T>,
    known: &[T],
    places: impl Fn(&T) -> String,
) {
    let known: BTreeSet<T> = known.iter().copied().collect();
    let new: Vec<String> = broken.difference(&known).map(|item| format!("{item:?}: {}", places(item))).collect();
    assert!(new.is_empty(), "{law}; {} new exceptions:\n{}", new.len(), new.join("\n"));
    let gone: Vec<&T> = known.difference(broken).collect();
    assert!(gone.is_empty(), "{law}: no longer broken, so the exceptions can go: {gone:?}");
}

#[test]
fn imports_go_down_only() {
    let mut broken: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for source in &*SOURCES {
        let Some(from) = source.module.first() else { continue };
        for path in &source.paths {
            let Some(to) = path.first().filter(|to| *to != from) else { continue };
            if storey(to) >= storey(from) {
                let place = format!("{} uses {}", source.file, path.join("::"));
                broken.entry((from, to)).or_default().insert(place);
            }
        }
    }
    let pairs: BTreeSet<(&str, &str)> = broken.keys().copied().collect();
    compare("imports go down only", &pairs, EXCEPTIONS, |pair| {
        broken[pair].iter().cloned().collect::<Vec<_>>().join(", ")
    });
}

#[test]
fn jobs_do_not_import_each_other() {
    let mut broken: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for source in &*SOURCES {
        let [room, from, ..] = &source.module[..] else { continue };
        for path in source.paths.iter().filter(|_| room == "jobs") {
            let [room, to, ..] = &path[..] else { continue };
            if room == "jobs" && to != from && JOBS.contains(&to.as_str()) {
                let place = format!("{} uses {}", source.file, path.join("::"));
                broken.entry((from, to)).or_default().insert(place);
            }
        }
    }
    let pairs: BTreeSet<(&str, &str)> = broken.keys().copied().collect();
    compare("jobs do not import each other", &pairs, JOB_EXCEPTIONS, |pair| {
        broken[pair].iter().cloned().collect::<Vec<_>>().join(", ")
    });
    for source in SOURCES.iter().filter(|source| source.module.first().is_some_and(|room| room == "jobs")) {
        let known = source.module.get(1).is_none_or(|job| JOBS.contains(&job.as_str()));
        assert!(known, "{} is of no job that the law knows", source.file);
    }
}

#[test]
fn every_room_stands_in_the_table_once() {
    for source in &*SOURCES {
        if let Some(room) = source.module.first() {
            storey(room);
        }
    }
    let rooms: Vec<&&str> = STOREYS.iter().copied().flatten().collect();
    assert_eq!(rooms.iter().collect::<BTreeSet<_>>().len(), rooms.len());
}

#[test]
fn items_of_other_rooms_are_handed_on_by_the_report_alone() {
    let hands_on = |source: &&Source| {
        source.handed_on.iter().any(|path| path.first() != source.module.first())
            && !matches!(source.module.first().map(String::as_str), None | Some("report"))
    };
    let broken: BTreeSet<&str> = SOURCES.iter().filter(hands_on).map(|source| source.file.as_str()).collect();
    compare("no hubs", &broken, HUB_EXCEPTIONS, |_| String::new());
}

#[test]
fn purposes_are_told_apart_in_one_place() {
    let tells = |source: &&Source| !source.purposes.is_empty() && !PURPOSE.contains(&source.file.as_str());
    let broken: BTreeSet<&str> = SOURCES.iter().filter(tells).map(|source| source.file.as_str()).collect();
    compare("Purpose is told apart in evidence and jobs", &broken, PURPOSE_EXCEPTIONS, |_| String::new());
}

#[test]
fn names_of_rules_stand_in_their_own_files() {
    let names = guidpost::rules::names();
    let foreign = |source: &Source| -> Vec<&str> {
        let own = |name: &str| source.file == format!("rules/{}.rs", name.replace('-', "_"));
        let found = |name: &&str| source.texts.contains(*name) && !own(name) && source.file != "rules/mod.rs";
        names.iter().copied().filter(found).collect()
    };
    let broken: BTreeMap<&str, Vec<&str>> = SOURCES
        .iter()
        .map(|source| (source.file.as_str(), foreign(source)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    let files: BTreeSet<&str> = broken.keys().copied().collect();
    compare("names of rules stand in their own files", &files, NAME_EXCEPTIONS, |file| broken[file].join(", "));
}

#[test]
fn paths_are_read_in_all_their_forms() {
    let paths = |file: &str, text: &str| -> Vec<String> {
        parse(file, text).paths.iter().map(|path| path.join("::")).collect()
    };
    assert_eq!(paths("a/b.rs", "use crate::{c::{self, D as E, f::*}, g};"), ["c", "c::D", "c::f", "g"]);
    assert_eq!(paths("a/b.rs", "use super::c; use self::d::e; use super::super::f;"), ["a::b::d::e", "a::c", "f"]);
    assert_eq!(paths("a/mod.rs", "use super::c; pub(crate) use self::d;"), ["a::d", "c"]);
    assert_eq!(paths("a/b.rs", "mod c { use super::D; fn f() { super::super::g() } }"), ["a::b::D", "a::g"]);
    assert_eq!(
        paths("a/b.rs", "fn f(x: crate::c::X<crate::d::Y>) -> impl A + use<'_> { crate::e() }"),
        ["c::X", "d::Y", "e"]
    );
    assert_eq!(
        paths("a.rs", "macro_rules! m { ($x:ident) => { $crate::b::C::$x(crate::d::e!(\"\")) } }"),
        ["b::C", "d::e"]
    );
    assert_eq!(paths("a.rs", "use std::fmt; use other::crate_x; pub(crate) fn f(self) {}"), [""; 0]);
}

#[test]
fn comments_and_texts_are_no_paths() {
    let source = parse(
        "a.rs",
        "//! crate::a\n/// [`crate::b`] \"c\"\n/* crate::d /* \" */ */ const X: &str = \"crate::e\";\n\
         const Y: &str = r#\"crate::\"f\"\"#; const Z: char = '\"'; const L: &'static [u8] = b\"crate::g\";",
    );
    assert!(source.paths.is_empty(), "{:?}", source.paths);
    assert_eq!(source.texts.into_iter().collect::<Vec<_>>(), ["crate::\"f\"", "crate::e"]);
}

#[test]
fn what_only_tests_have_does_not_count() {
    let source = parse(
        "a.rs",
        "#[cfg(test)] use crate::b; #[cfg(all(test, unix))] mod c { use crate::d; } #[cfg(test)] #[expect(x)]\n\
         pub(crate) fn f<A, B>(a: A, b: B) { crate::e::<A, B>(a, b) } #[cfg(test)] mod tests;\n\
         #[cfg(any(test, windows))] use crate::g;",
    );
    assert_eq!(source.paths.into_iter().collect::<Vec<_>>(), [["g"]]);
}

#[test]
fn purposes_are_seen_in_all_their_forms() {
    let purposes = |text: &str| parse("a.rs", text).purposes.into_iter().collect::<Vec<_>>();
    assert_eq!(purposes("fn f(p: &Purpose) { matches!(p, Purpose::Gone(_)); p.is_check() }"), ["Gone"]);
    assert_eq!(purposes("const P: X = crate::evidence::Purpose::Check;"), ["Check"]);
    assert_eq!(purposes("fn f() { Purpose::default() }"), [""; 0]);
}

/// Newcomers are sent to files and macros by name: what is named has to exist.
#[test]
fn the_guides_name_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in ["CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/api.md"] {
        let text = std::fs::read_to_string(root.join(guide)).expect("a guide of the project");
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let paths = words.iter().filter(|word| {
            ["src/", "tests/", "docs/", "fuzz/", ".ci/"].iter().any(|folder| word.starts_with(folder))
                || word.ends_with(".md")
        });
        let missing: Vec<&&str> = paths.filter(|path| !root.join(path).exists()).collect();
        assert!(missing.is_empty(), "{guide} names {missing:?}, which do not exist");
        let macros = words.iter().filter(|word| word.ends_with('!') && !word.contains(' '));
        let unknown: Vec<&&str> = macros.filter(|name| !defines(name.trim_end_matches('!'))).collect();
        assert!(unknown.is_empty(), "{guide} names the macros {unknown:?}, which do not exist");
    }
}

/// Whether the sources define this macro.
fn defines(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let definition = format!("macro_rules! {name} {{");
    SOURCES
        .iter()
        .any(|source| std::fs::read_to_string(root.join(&source.file)).expect("a source").contains(&definition))
}
