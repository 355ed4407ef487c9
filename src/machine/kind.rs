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
