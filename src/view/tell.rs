//! What is said of the machine at an address, in the words of messages.

use std::net::IpAddr;

use super::View;
use crate::inventory::Dc;
use crate::report::Identity;

impl View<'_> {
    /// What answers at an address, as a sentence: `192.0.2.99 is FILES01.contoso.com, no domain controller`.
    pub fn who_answers(&self, dc: &Dc, address: IpAddr) -> String {
        let who = self.caller(dc, address);
        let what = match self.identity(dc, address) {
            Identity::OtherDc => format!("leads to another domain controller, {who}"),
            Identity::ForeignDc => format!("leads to a domain controller of another forest, {who}"),
            Identity::NotADc => format!("leads to {who}, which is no domain controller"),
            Identity::NotADcUnnamed => {
                "leads to a machine that is no domain controller and does not say its name".into()
            }
            Identity::OtherHost => format!("leads to another machine, {who}"),
            Identity::ReinstalledDc => format!("leads to {who}, which was promoted again and has another GUID"),
            Identity::RightHostNoDirectory => format!("leads to {who}, whose directory service does not run"),
            Identity::OwnerProven | Identity::Owner | Identity::OwnerByName => format!("leads to {who} itself"),
            Identity::Silent => "is silent: nobody answers there".into(),
            Identity::Unreachable => "is unreachable".into(),
            Identity::Inconclusive => "leads to a machine that does not say who it is".into(),
            Identity::NotProbed => return address.to_string(),
        };
        let lost = self.machine(dc, address).and_then(|verdict| verdict.state.lost_settings);
        let without = lost.map(|guid| format!(", whose directory has lost its own NTDS Settings object {guid}"));
        format!("{address} {what}{}", without.unwrap_or_default())
    }

    /// What the machine at an address calls itself; the address where it says nothing.
    pub fn caller(&self, dc: &Dc, address: IpAddr) -> String {
        let who = self.machine(dc, address).and_then(|verdict| verdict.who.clone());
        who.unwrap_or_else(|| address.to_string())
    }

    /// What led to the judgement about an address, in brackets; nothing where nobody was asked.
    pub fn grounds(&self, dc: &Dc, address: IpAddr) -> String {
        let lines = self.machine(dc, address).map(|verdict| verdict.evidence.join("; ")).unwrap_or_default();
        if lines.is_empty() { lines } else { format!(" ({lines})") }
    }
}
