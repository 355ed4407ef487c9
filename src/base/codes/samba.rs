//! Codes that a Samba destination reports where Windows reports others.
//!
//! Measured on Samba 4.17.12 by breaking records of a source and asking the destination to replicate. The codes are
//! general ones, so each entry speaks only of their meaning in replication.

use super::{Code, Kind, Step};

const CHECK: Step = Step {
    text: "See what is wrong with the source's records at the server that the destination asks.",
    commands: &["guidpost check --dc SOURCE"],
};
const RESTART: Step = Step {
    text: "After the repair: the replication task keeps its connections, so a changed record shows only when the \
           connection drops or the service is restarted.",
    commands: &["systemctl restart samba-ad-dc", "samba-tool drs replicate DESTINATION SOURCE NAMING-CONTEXT"],
};
const STEPS: &[Step] = &[CHECK, RESTART];
const REFERENCES: &[&str] = &["samba-tool drs showrepl", "measured with Samba 4.17.12"];

/// The codes, smallest first.
pub(super) const TABLE: &[Code] = &[
    Code {
        number: 2,
        symbol: "WERR_FILE_NOT_FOUND",
        kind: Kind::Samba,
        short: "Samba: the source's name cannot be resolved",
        meaning: "In Samba's replication status: the source's alias could not be resolved to an address.",
        causes: &["The alias is missing, its target has no address, or the host record is missing."],
        steps: STEPS,
        samba: "A Windows destination logs 8524 for the same cause.",
        kin: &[8524],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: super::NOT_ENOUGH_MEMORY,
        symbol: "WERR_NOT_ENOUGH_MEMORY",
        kind: Kind::Samba,
        short: "Samba: the source has lost its NTDS Settings object",
        meaning: "In Samba's replication status: the source that was reached does not find the object that stands for it in \
                  its own copy of the directory, and does not replicate. Memory has nothing to do with it.",
        causes: &["The NTDS Settings object of the source was deleted while it runs."],
        steps: &[
            Step {
                text: "See which DC has lost its NTDS Settings object, by its own words. Its DNS records need no change.",
                commands: &["guidpost check{only}", "guidpost identify ADDRESS"],
            },
            Step {
                text: "Restore the directory from a backup made before the deletion, or join the machine to the domain again.",
                commands: &["guidpost explain ntds-settings-missing"],
            },
        ],
        samba: "A Windows destination logs 8439 where a copy of the directory lacks the object.",
        kin: &[8439],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: 31,
        symbol: "WERR_GEN_FAILURE",
        kind: Kind::Samba,
        short: "Samba: the machine at the address is another DC",
        meaning: "In Samba's replication status: the machine that was reached could not be authenticated as the source.",
        causes: &["The alias or an address record leads to another DC, or to the destination itself."],
        steps: STEPS,
        samba: "A Windows destination logs -2146893022 for the same cause.",
        kin: &[-2_146_893_022],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: 121,
        symbol: "WERR_SEM_TIMEOUT",
        kind: Kind::Samba,
        short: "Samba: no answer from the source's address within a minute",
        meaning: "In Samba's replication status: the connection to the source timed out.",
        causes: &["The source moved to another address and its former one is unused, or a firewall drops packets."],
        steps: STEPS,
        samba: "Later it becomes 1232. A Windows destination logs 1722 for the same cause.",
        kin: &[1722, 1232, 6702],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: 1225,
        symbol: "WERR_CONNECTION_REFUSED",
        kind: Kind::Samba,
        short: "Samba: the machine at the address runs no endpoint mapper",
        meaning: "In Samba's replication status: the machine that was reached refused the connection to its endpoint \
                  mapper.",
        causes: &["A stale address that now belongs to a machine without RPC, or the source's Samba is stopped."],
        steps: STEPS,
        samba: "A Windows destination logs 1722 where nothing answers RPC, 1753 where the mapper answers.",
        kin: &[1722, 1753, 1234],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: 1232,
        symbol: "WERR_HOST_UNREACHABLE",
        kind: Kind::Samba,
        short: "Samba: nobody is at the source's address",
        meaning: "In Samba's replication status: there is no way to the address, or nobody answers there.",
        causes: &["A stale address that is unused, or a source that is down."],
        steps: STEPS,
        samba: "A Windows destination logs 1722 for the same cause.",
        kin: &[1722, 121],
        also: &[],
        references: REFERENCES,
    },
    Code {
        number: 1234,
        symbol: "WERR_PORT_UNREACHABLE",
        kind: Kind::Samba,
        short: "Samba: the machine at the address offers no directory replication",
        meaning: "In Samba's replication status: the endpoint mapper of the machine that was reached knows no directory \
                  replication interface.",
        causes: &["A stale address that now belongs to a machine that is no DC."],
        steps: STEPS,
        samba: "A Windows destination logs 1753 for the same cause.",
        kin: &[1753],
        also: &[],
        references: REFERENCES,
    },
];
