//! Lines of an address and names.

use std::net::IpAddr;

use super::lines::Line;
use crate::evidence::{LocalView, NameLine};

/// So many names of one file are kept. Lists against advertising have more, and hardly name a domain controller.
pub(super) const MAX_NAMES: usize = 50_000;

/// No name of DNS or NetBIOS is longer.
const MAX_NAME: usize = 255;

/// How the names of one file are kept.
pub(super) struct Names<'a> {
    file: &'a str,
    room: usize,
}

impl<'a> Names<'a> {
    pub(super) fn of(file: &'a str) -> Self {
        Self { file, room: MAX_NAMES }
    }

    /// Keeps a line, without what cannot be a name.
    pub(super) fn keep<'n>(
        &mut self,
        view: &mut LocalView,
        line: u32,
        address: IpAddr,
        names: impl Iterator<Item = &'n str>,
    ) -> Line {
        let (good, bad): (Vec<&str>, Vec<&str>) = names.partition(|name| is_name(name));
        let fit = good.len().min(self.room);
        self.room -= fit;
        if fit > 0 {
            let names = good[..fit].iter().map(|&name| name.to_owned()).collect();
            view.names.push(NameLine { file: self.file.to_owned(), line, address, names });
        }
        match (good.len() > fit, good.is_empty() || !bad.is_empty()) {
            (true, _) => Line::Full,
            (false, true) => Line::Bad,
            (false, false) => Line::Read,
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}
