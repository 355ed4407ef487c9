//! Why a walk does not end at its source.

/// What stands in the way. A rule's descriptor says which of them the rule owns: its findings explain them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The server does not answer, or has no address here.
    ServerSilent,
    /// The server refuses.
    ServerRefusing,
    /// The server does not know the forest.
    ServerOutsideForest,
    /// There is no alias, or it was not seen.
    AliasMissing,
    /// The alias leads to several names.
    AliasDuplicate,
    /// Addresses stand at the alias itself.
    AliasNotCname,
    /// The alias leads to another name than the DC's.
    AliasWrongTarget,
    /// The alias leads to a name without an address.
    AliasDangling,
    /// The host name has no address, or it was not seen.
    HostMissing,
    /// Nobody else reaches a DC at the address.
    UnusableAddress,
    /// The address is another DC's, or several claim it.
    SharedAddress,
    /// The address is nobody's.
    StaleAddress,
    /// Another machine answers at the address.
    WrongMachine,
    /// The right machine answers, but no directory.
    DirectoryNotRunning,
    /// The DC was promoted anew, and has another GUID.
    GuidMismatch,
    /// The DC's own NTDS Settings object is gone.
    SettingsMissing,
    /// Nobody answers at the address.
    AddressSilent,
    /// The hosts file decides, not DNS.
    HostsFile,
}

impl Cause {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 18] = [
        Self::ServerSilent,
        Self::ServerRefusing,
        Self::ServerOutsideForest,
        Self::AliasMissing,
        Self::AliasDuplicate,
        Self::AliasNotCname,
        Self::AliasWrongTarget,
        Self::AliasDangling,
        Self::HostMissing,
        Self::UnusableAddress,
        Self::SharedAddress,
        Self::StaleAddress,
        Self::WrongMachine,
        Self::DirectoryNotRunning,
        Self::GuidMismatch,
        Self::SettingsMissing,
        Self::AddressSilent,
        Self::HostsFile,
    ];

    /// Whether it lies at an address, and not on the way there.
    pub fn is_about_address(self) -> bool {
        matches!(
            self,
            Self::UnusableAddress
                | Self::SharedAddress
                | Self::StaleAddress
                | Self::WrongMachine
                | Self::DirectoryNotRunning
                | Self::GuidMismatch
                | Self::SettingsMissing
                | Self::AddressSilent
        )
    }
}
