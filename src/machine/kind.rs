//! Who may answer at an address.

use serde::{Deserialize, Serialize};

/// Who answers at an address, judged against the DC that should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The machine's own NTDS Settings GUID is the label of the alias.
    OwnerProven,
    /// LDAP ping or DNS name is the DC's; its GUID is not readable.
    Owner,
    /// Only the NTLM or NetBIOS name is the DC's.
    OwnerByName,
    /// The right host name, but another NTDS Settings GUID.
    ReinstalledDc,
    /// Another DC of the forest.
    OtherDc,
    /// A DC of another forest.
    ForeignDc,
    /// The right host, whose directory service does not run.
    RightHostNoDirectory,
    /// A named machine that is no DC.
    NotADc,
    /// A machine of another name.
    OtherHost,
    /// No DC, and it does not say its name.
    NotADcUnnamed,
    /// No answer on any port.
    Silent,
    /// No way to the address.
    Unreachable,
    /// It answers, but says nothing that decides.
    Inconclusive,
    /// Nobody asked.
    NotProbed,
}

impl Identity {
    /// The same in words, as reports for people say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::OwnerProven => "the DC itself, proven by its GUID",
            Self::Owner => "the DC itself",
            Self::OwnerByName => "the DC, by its name only",
            Self::ReinstalledDc => "the right host with another GUID",
            Self::OtherDc => "another DC",
            Self::ForeignDc => "a DC of another forest",
            Self::RightHostNoDirectory => "the right host, directory not running",
            Self::NotADc => "no domain controller",
            Self::OtherHost => "another host",
            Self::NotADcUnnamed => "no domain controller, without a name",
            Self::Silent => "nobody answers",
            Self::Unreachable => "unreachable",
            Self::Inconclusive => "answers, identity not established",
            Self::NotProbed => "not asked",
        }
    }
}
