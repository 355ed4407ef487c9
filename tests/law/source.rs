//! Reads the sources: of each file the paths to other modules, the string literals and the variants of `Purpose`, as far
//! as they stand in code that is built without tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What production code of one file says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Source {
    /// Its path below `src`, with slashes.
    pub(crate) file: String,
    /// Its module path: `["rules", "sink"]`.
    pub(crate) module: Vec<String>,
    /// Modules and items of the crate that it names, as absolute paths.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Those that it hands on: by a `use` that is not private.
    pub(crate) handed_on: BTreeSet<Vec<String>>,
    /// Contents of its string literals; doc comments are none.
    pub(crate) texts: BTreeSet<String>,
    /// The variants of `Purpose` that it names.
    pub(crate) purposes: BTreeSet<String>,
    /// Files and folders of modules that only tests have, as module paths.
    tests: BTreeSet<Vec<String>>,
}

/// All files of production code below a folder.
pub(crate) fn read(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let parsed: Vec<Source> = files
        .iter()
        .map(|path| {
            let file = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            parse(&file, &std::fs::read_to_string(path).expect("a readable file"))
        })
        .collect();
    let tests: BTreeSet<Vec<String>> = parsed.iter().flat_map(|source| source.tests.iter().cloned()).collect();
    let for_tests = |source: &Source| {
        let named = |word: &String| word == "tests" || word == "testing";
        source.module.iter().any(named) || tests.iter().any(|module| source.module.starts_with(module))
    };
    parsed.into_iter().filter(|source| !for_tests(source)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Reads one file.
pub(crate) fn parse(file: &str, text: &str) -> Source {
    let stem = file.strip_suffix(".rs").expect("a Rust file");
    let mut module: Vec<String> = stem.split('/').map(String::from).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        module.pop();
    }
    let mut source = Source { file: file.into(), module: module.clone(), ..Source::default() };
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
    source.walk(tokens, &module);
    source
}

impl Source {
    fn walk(&mut self, stream: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens[at..], tokens[..at].last(), module);
        }
    }

    /// Reads what `tokens` begin with, and says how many of them that was.
    fn step(&mut self, tokens: &[TokenTree], before: Option<&TokenTree>, module: &[String]) -> usize {
        match &tokens[0] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => self.attribute(tokens, module),
            TokenTree::Ident(ident) if ident == "use" && !is_punct(tokens.get(1), '<') => {
                let end = tokens.iter().position(|token| is_punct(Some(token), ';')).unwrap_or(tokens.len());
                let mut found = Vec::new();
                use_tree(&tokens[1..end], &[], &mut found);
                // `pub use` and `pub(super) use`.
                let public = before.is_some_and(|token| match token {
                    TokenTree::Ident(ident) => ident == "pub",
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
                    _ => false,
                });
                for path in found.into_iter().filter_map(|path| absolute(&path, module)) {
                    if public {
                        self.handed_on.insert(path.clone());
                    }
                    self.paths.insert(path);
                }
                end
            }
            TokenTree::Ident(ident) if ident == "mod" => match &tokens[1..] {
                [TokenTree::Ident(name), TokenTree::Group(body), ..] => {
                    let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                    self.walk(body.stream(), &inner);
                    3
                }
                _ => 1,
            },
            TokenTree::Ident(ident) => {
                let (path, length) = path(tokens);
                if let ["Purpose", variant, ..] = &path.iter().map(String::as_str).collect::<Vec<_>>()[..]
                    && variant.starts_with(char::is_uppercase)
                {
                    self.purposes.insert((*variant).into());
                }
                // A path goes on where another begins: `self::super::x` is one.
                let begins = ["crate", "super", "self"].iter().any(|word| ident == word) && path.len() > 1;
                if begins && let Some(path) = absolute(&path, module) {
                    let purpose = path.iter().position(|word| word == "Purpose");
                    let variant = purpose.and_then(|at| path.get(at + 1));
                    self.purposes.extend(variant.filter(|word| word.starts_with(char::is_uppercase)).cloned());
                    self.paths.insert(path);
                    return length;
                }
                1
            }
            TokenTree::Group(group) => {
                self.walk(group.stream(), module);
                1
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = text.strip_prefix('r').unwrap_or(&text).trim_matches('#');
                self.texts.extend(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(String::from));
                1
            }
            TokenTree::Punct(_) => 1,
        }
    }

    /// An attribute; with what it belongs to where that is for tests alone.
    fn attribute(&mut self, tokens: &[TokenTree], module: &[String]) -> usize {
        let inner = usize::from(is_punct(tokens.get(1), '!'));
        let Some(TokenTree::Group(group)) = tokens.get(1 + inner) else { return 1 };
        let length = 2 + inner;
        let words: Vec<TokenTree> = group.stream().into_iter().collect();
        match &words[..] {
            [TokenTree::Ident(name), ..] if name == "doc" => length,
            [TokenTree::Ident(name), TokenTree::Group(when)] if name == "cfg" && is_test(when.stream()) => {
                assert_eq!(inner, 0, "{}: a file for tests is declared as such", self.file);
                length + self.item(&tokens[length..], module)
            }
            _ => {
                self.walk(group.stream(), module);
                length
            }
        }
    }

    /// How long the item is that `tokens` begin with.
    fn item(&mut self, tokens: &[TokenTree], module: &[String]) -> usize {
        let mut declared = None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(ident) if ident == "mod" => declared = tokens.get(at + 1).map(ToString::to_string),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return at + 1,
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    self.tests.extend(declared.map(|name| module.iter().cloned().chain([name]).collect()));
                    return at + 1;
                }
                _ => {}
            }
        }
        tokens.len()
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Whether the predicate of a `cfg` holds in tests alone.
fn is_test(stream: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(word)] => word == "test",
        [TokenTree::Ident(word), TokenTree::Group(group)] if word == "all" => {
            let parts: Vec<TokenTree> = group.stream().into_iter().collect();
            parts.split(|token| is_punct(Some(token), ',')).any(|part| is_test(part.iter().cloned().collect()))
        }
        _ => false,
    }
}

/// The path that `tokens` begin with, and how many tokens it has.
fn path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        path.push(ident.to_string());
        at += 1;
        if !(is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// All paths of the tree behind `use`.
fn use_tree(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<Vec<String>>) {
    for tree in tokens.split(|token| is_punct(Some(token), ',')).filter(|tree| !tree.is_empty()) {
        let mut here = prefix.to_vec();
        for token in tree {
            match token {
                TokenTree::Ident(ident) if ident == "as" => break,
                // `{self, …}` is the module itself.
                TokenTree::Ident(ident) if ident == "self" && !here.is_empty() => {}
                TokenTree::Ident(ident) => here.push(ident.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    use_tree(&inner, &here, found);
                    here.clear();
                    break;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        if !here.is_empty() {
            found.push(here);
        }
    }
}

/// A path from the root of the crate; `None` for one that begins elsewhere.
fn absolute(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    for word in &path[1..] {
        match word.as_str() {
            "super" => drop(base.pop()),
            word => base.push(word.into()),
        }
    }
    Some(base)
}
