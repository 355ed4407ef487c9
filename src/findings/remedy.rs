//! Commands that mend one record on one server, in the words of Windows and of Samba. They are printed, never run.
//!
//! What takes something away is printed as a comment: nothing has proved yet that the forest is better without it, and
//! whoever pastes a whole report must not break a healthy one.

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::inventory::{Dc, Server};
use crate::view::View;

/// Where a record stands, as a command line needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    server: String,
    zone: String,
    relative: String,
}

impl Place {
    /// The place of a name that belongs to `dc` at a server.
    pub fn of(view: &View<'_>, server: &Server, dc: &Dc, name: &DnsName) -> Self {
        Self::within(server, &view.zone(server, dc, name), name)
    }

    /// The place of a name in a zone of a server.
    pub fn within(server: &Server, zone: &DnsName, name: &DnsName) -> Self {
        let relative = name.relative_to(zone).unwrap_or("@");
        Self { server: server.command_name(), zone: zone.to_string(), relative: relative.to_owned() }
    }

    /// The wildcard of the zone that `name` lies in.
    pub fn wildcard(view: &View<'_>, server: &Server, dc: &Dc, name: &DnsName) -> Self {
        Self { relative: "*".into(), ..Self::of(view, server, dc, name) }
    }

    /// Deletes one record, as comments. The data of an SRV record is `priority weight port target`.
    pub fn delete(&self, rtype: RecordType, data: &str) -> [String; 2] {
        self.deletion(rtype, data).map(held)
    }

    fn deletion(&self, rtype: RecordType, data: &str) -> [String; 2] {
        let (server, zone, name) = (powershell(&self.server), powershell(&self.zone), powershell(&self.relative));
        if let Some((port, target)) = srv(rtype, data).map(|[_, _, port, target]| (port, target)) {
            // Which form -RecordData takes of four values is not documented; the object itself says which it is.
            let target = powershell_text(target);
            return [
                format!(
                    "Get-DnsServerResourceRecord -ComputerName {server} -ZoneName {zone} -Name {name} -RRType Srv | \
                     Where-Object {{ $_.RecordData.Port -eq {port} -and $_.RecordData.DomainName.TrimEnd('.') -eq {target} }} | \
                     Remove-DnsServerResourceRecord -ComputerName {server} -ZoneName {zone} -Force"
                ),
                self.samba("delete", rtype, data),
            ];
        }
        let record_data = powershell(&dotted(rtype, data));
        [
            format!(
                "Remove-DnsServerResourceRecord -ComputerName {server} -ZoneName {zone} -Name {name} -RRType {} \
                 -RecordData {record_data} -Force",
                powershell_type(rtype)
            ),
            self.samba("delete", rtype, data),
        ]
    }

    /// Adds a record that takes the place of another one, or has something in its way: as comments.
    pub fn add_after_look(&self, rtype: RecordType, data: &str) -> [String; 2] {
        self.add(rtype, data).map(held)
    }

    /// Adds one record.
    pub fn add(&self, rtype: RecordType, data: &str) -> [String; 2] {
        let (server, zone, name) = (powershell(&self.server), powershell(&self.zone), powershell(&self.relative));
        let (command, option) = match rtype {
            RecordType::AAAA => ("Add-DnsServerResourceRecordAAAA", "-IPv6Address"),
            RecordType::CNAME => ("Add-DnsServerResourceRecordCName", "-HostNameAlias"),
            _ => ("Add-DnsServerResourceRecordA", "-IPv4Address"),
        };
        let value = powershell(&dotted(rtype, data));
        [
            format!("{command} -ComputerName {server} -ZoneName {zone} -Name {name} {option} {value}"),
            self.samba("add", rtype, data),
        ]
    }

    fn samba(&self, verb: &str, rtype: RecordType, data: &str) -> String {
        let words = [&self.server, &self.zone, &self.relative, &rtype.to_string(), &dotted(rtype, data)];
        let words: Vec<String> = words.into_iter().map(|word| shell(word)).collect();
        format!("samba-tool dns {verb} {} -U Administrator", words.join(" "))
    }
}

/// A command that a person has to look at first.
fn held(command: String) -> String {
    format!("# {command}")
}

/// Commands that make a server forget what it has cached.
pub fn clear_cache(server: &Server, name: &DnsName) -> [String; 2] {
    [
        format!("Clear-DnsServerCache -ComputerName {} -Force", powershell(&server.command_name())),
        format!("rndc -s {} flushname {}", shell(&server.command_name()), shell(name.as_str())),
    ]
}

/// Commands, run on the DC itself, that register its own records again.
pub fn register_again(dc: &Dc, rtype: RecordType) -> [String; 2] {
    let service = if rtype == RecordType::CNAME { "nltest /dsregdns" } else { "ipconfig /registerdns" };
    [
        format!("# on {} itself (Windows), so that it registers again: {service}", dc.label),
        format!("# on {} itself (Samba): samba_dnsupdate --verbose", dc.label),
    ]
}

/// Names in rdata are absolute; samba-tool wants the target of a service first, then its port.
fn dotted(rtype: RecordType, data: &str) -> String {
    if let Some([priority, weight, port, target]) = srv(rtype, data) {
        return format!("{target}. {port} {priority} {weight}");
    }
    let is_name = matches!(rtype, RecordType::CNAME | RecordType::NS | RecordType::PTR);
    if is_name { format!("{data}.") } else { data.to_owned() }
}

/// Priority, weight, port and target of a service record.
fn srv(rtype: RecordType, data: &str) -> Option<[&str; 4]> {
    let words: Vec<&str> = data.splitn(4, ' ').collect();
    (rtype == RecordType::SRV).then(|| words.try_into().ok())?
}

fn powershell_type(rtype: RecordType) -> String {
    // Get-Help Remove-DnsServerResourceRecord: the types are spelled in their own way.
    match rtype {
        RecordType::CNAME => "CName".into(),
        RecordType::AAAA => "AAAA".into(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// One word for PowerShell.
fn powershell(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { powershell_text(text) }
}

/// A text for PowerShell: in single quotes nothing is special but the quote itself, and its typographic kin.
fn powershell_text(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// One word for a POSIX shell.
pub fn shell(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { server: "192.0.2.10".into(), zone: "contoso.com".into(), relative: "dc2".into() }
    }

    #[test]
    fn a_deletion_is_a_comment_in_both_dialects() {
        assert_eq!(
            place().delete(RecordType::A, "192.0.2.99"),
            [
                "# Remove-DnsServerResourceRecord -ComputerName 192.0.2.10 -ZoneName contoso.com -Name dc2 -RRType A \
                 -RecordData 192.0.2.99 -Force",
                "# samba-tool dns delete 192.0.2.10 contoso.com dc2 A 192.0.2.99 -U Administrator",
            ]
        );
    }

    #[test]
    fn names_in_rdata_are_absolute() {
        let [windows, samba] = place().add(RecordType::CNAME, "dc2.contoso.com");
        assert!(windows.ends_with("-HostNameAlias dc2.contoso.com."), "{windows}");
        assert!(samba.contains(" CNAME dc2.contoso.com. "), "{samba}");
    }

    #[test]
    fn service_name_server_and_reverse_records_are_deleted_too() {
        let [windows, samba] = place().delete(RecordType::SRV, "0 100 389 dc9.contoso.com");
        assert!(windows.contains("-RRType Srv | Where-Object { $_.RecordData.Port -eq 389 -and"), "{windows}");
        assert!(
            windows.contains("$_.RecordData.DomainName.TrimEnd('.') -eq 'dc9.contoso.com' } | Remove-"),
            "{windows}"
        );
        assert!(samba.contains(" SRV 'dc9.contoso.com. 389 0 100' -U"), "{samba}");
        for rtype in [RecordType::NS, RecordType::PTR] {
            let [windows, samba] = place().delete(rtype, "dc9.contoso.com");
            assert!(windows.ends_with(&format!("-RRType {rtype} -RecordData dc9.contoso.com. -Force")), "{windows}");
            assert!(samba.contains(&format!(" {rtype} dc9.contoso.com. -U")), "{samba}");
        }
        let [windows, samba] = place().delete(RecordType::SRV, "0 100 389 a';$(id)");
        assert!(windows.contains("-eq 'a'';$(id)' }"), "{windows}");
        assert!(samba.contains(r"'a'\'';$(id). 389 0 100'"), "{samba}");
    }

    #[test]
    fn hostile_names_stay_one_word() {
        assert_eq!(powershell("a'; rm -r /"), "'a''; rm -r /'");
        assert_eq!(powershell("a\u{2019}b"), "'a\u{2019}\u{2019}b'");
        assert_eq!(shell("a'; rm -r /"), r"'a'\''; rm -r /'");
        assert_eq!(shell("$(id)"), "'$(id)'");
        assert_eq!(shell("-U"), "'-U'");
    }

    #[test]
    fn an_alias_is_mended_in_the_zone_that_holds_it() {
        use crate::testing::{ALIAS2, World, samba};
        let label = "22222222-2222-4222-8222-222222222222";
        let own_zone = World::new().remove("dc2", ALIAS2).finding("alias-missing");
        assert_eq!(samba(&own_zone), [format!("add 192.0.2.11 _msdcs.contoso.com {label} CNAME dc2.contoso.com.")]);
        let subtree = World::new().remove("dc2", ALIAS2).remove("dc2", "_msdcs.contoso.com").finding("alias-missing");
        assert_eq!(samba(&subtree), [format!("add 192.0.2.11 contoso.com {label}._msdcs CNAME dc2.contoso.com.")]);
    }
}
