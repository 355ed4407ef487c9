//! Samba's `smb.conf`.

use super::lines::{self, Line};
use crate::evidence::LocalView;

/// The settings of `[global]` that say where a machine belongs. Text as it stands there; the last of several counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmbConf {
    /// The Kerberos realm, which is the DNS name of the domain.
    pub realm: Option<String>,
    /// The NetBIOS name of the domain.
    pub workgroup: Option<String>,
    /// The machine's own NetBIOS name, if it is not its host name.
    pub netbios_name: Option<String>,
    /// What the machine is.
    pub server_role: Option<String>,
    /// Where `dns_update_cache` stands.
    pub private_dir: Option<String>,
    /// Where what outlives a restart stands.
    pub state_directory: Option<String>,
}

impl SmbConf {
    /// Whether the machine is a DC of Active Directory.
    pub fn is_dc(&self) -> bool {
        let role = self.server_role.as_deref().map(folded).unwrap_or_default();
        matches!(role.as_str(), "activedirectorydomaincontroller" | "domaincontroller" | "dc")
    }

    fn set(&mut self, key: &str, value: &str) -> Line {
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        match folded(key).as_str() {
            "realm" => self.realm = value,
            "workgroup" => self.workgroup = value,
            "netbiosname" => self.netbios_name = value,
            "serverrole" => self.server_role = value,
            "privatedir" | "privatedirectory" => self.private_dir = value,
            "statedirectory" => self.state_directory = value,
            "include" | "configfile" => return Line::Elsewhere,
            "configbackend" if value.as_deref().map(folded).is_some_and(|value| value != "file") => {
                return Line::Elsewhere;
            }
            _ => {}
        }
        Line::Read
    }
}

/// Samba's configuration; the realm goes into [`LocalView::domains`].
pub fn smb_conf(octets: &[u8], file: &str, view: &mut LocalView) -> SmbConf {
    let mut found = SmbConf::default();
    // What stands before the first section is global, too.
    let mut global = true;
    let mut unfinished = String::new();
    let mut whole = |text: &str| match (text.strip_prefix('['), text.split_once('=')) {
        (Some(section), _) => match section.split_once(']') {
            Some((section, _)) => {
                global = matches!(folded(section).as_str(), "global" | "globals");
                Line::Read
            }
            None => Line::Bad,
        },
        (None, Some((key, value))) if global => found.set(key, value.trim_ascii()),
        (None, Some(_)) => Line::Read,
        (None, None) => Line::Bad,
    };
    lines::each(octets, file, view, |_, _, line| {
        if unfinished.is_empty() && (line.is_empty() || line.starts_with([';', '#'])) {
            return Line::Read;
        }
        unfinished.push_str(line);
        // A backslash at the end goes on in the next line.
        if unfinished.ends_with('\\') {
            unfinished.pop();
            return Line::Read;
        }
        whole(std::mem::take(&mut unfinished).trim_ascii())
    });
    if !unfinished.is_empty() {
        view.troubles.push(format!("{file}: its last line is not finished"));
    }
    if let Some(realm) = &found.realm {
        view.hint(realm, format!("realm in {file}"));
    }
    found
}

/// Samba compares names of sections and parameters without regard to case and blanks.
fn folded(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}
