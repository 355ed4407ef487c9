//! Files of a machine's own `/etc`, changed for the time of a test.

use crate::host::Host;

/// Puts the former text back when dropped.
pub(crate) struct Changed<'a> {
    machine: &'a Host,
    file: &'static str,
    before: String,
}

/// Gives a file of `/etc` another text. In place, because other programs have the file open by its inode.
#[must_use]
pub(crate) fn change<'a>(machine: &'a Host, file: &'static str, text: &str) -> Changed<'a> {
    let before = machine.must(&["cat", &format!("/etc/{file}")]).unwrap_or_else(|e| panic!("{e}"));
    let changed = Changed { machine, file, before };
    changed.write(text).unwrap_or_else(|e| panic!("{e}"));
    changed
}

impl Changed<'_> {
    fn write(&self, text: &str) -> Result<(), String> {
        self.machine.must(&["sh", "-c", &format!("printf %s \"$1\" >/etc/{}", self.file), "sh", text]).map(drop)
    }
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run without a word about the first.
        if let (Err(e), false) = (self.write(&self.before), std::thread::panicking()) {
            panic!("{e}");
        }
    }
}
