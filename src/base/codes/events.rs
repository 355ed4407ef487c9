//! Events of the Windows logs.

use super::{Code, Kind, Step};

const DIRECTORY: Kind = Kind::Event { log: "Directory Service", source: "ActiveDirectory_DomainService" };
const NETLOGON: Kind = Kind::Event { log: "System", source: "NETLOGON" };
const DNS_SERVER: Kind = Kind::Event { log: "DNS Server", source: "DNS-Server-Service" };

const REGISTER_AGAIN: Step = Step {
    text: "Then let the DC register again, and read the log.",
    commands: &["nltest /dsregdns", "ipconfig /registerdns"],
};

/// The events, those closest to locator records first.
pub(super) const TABLE: &[Code] = &[
    Code {
        number: 2087,
        symbol: "",
        kind: DIRECTORY,
        short: "no name of the source could be resolved; replication failed",
        meaning: "The destination resolved neither the source's alias nor, as a fallback, its full or short host name. \
                  The event carries the reason: 11001 (no such name) or 11004 (no address).",
        causes: &[
            "Alias and host record are both missing at the DNS server that the destination asks.",
            "That server is outside the forest, or nothing the destination is configured with answers.",
        ],
        steps: &[
            Step { text: "Find the server that lacks the records.", commands: &["guidpost check{only}"] },
            Step { text: "Proceed as for error 8524.", commands: &["guidpost explain 8524"] },
        ],
        samba: "No such event; `samba-tool drs showrepl` shows 2 (WERR_FILE_NOT_FOUND).",
        kin: &[8524, 2088, 11001, 11004],
        also: &[],
        references: &["Microsoft KB 4469661"],
    },
    Code {
        number: 2088,
        symbol: "",
        kind: DIRECTORY,
        short: "the alias failed, replication went on under the host name",
        meaning: "The source's alias could not be resolved, but its full or short host name could: replication \
                  succeeded this time, by the fallback of Windows Server 2003 SP1 and later.",
        causes: &[
            "The alias is missing or broken at the server that the destination asks, and the host record is good.",
        ],
        steps: &[
            Step { text: "Find the missing alias.", commands: &["guidpost check{only}"] },
            Step {
                text: "On the source, register it again; a missing alias is one failed host record away from 2087.",
                commands: &["nltest /dsregdns"],
            },
        ],
        samba: "Samba has no such fallback: it fails with 2 (WERR_FILE_NOT_FOUND).",
        kin: &[8524, 2087],
        also: &[],
        references: &["Microsoft KB 2021446", "Microsoft KB 4469661"],
    },
    Code {
        number: super::EVENT_ADDRESS_NOT_PUSHED,
        symbol: "",
        kind: DNS_SERVER,
        short: "a changed address did not reach the partners' DNS servers",
        meaning: "A DNS server on a DC changed its own address records, tried to write them to the DNS servers of its \
                  replication partners, and could not. The partners keep the former address, and the change cannot reach \
                  them by replication, because with that address they cannot replicate from this DC.",
        causes: &[
            "A DC got another address: at its own server the new one stands, at partners the former one.",
            "Dynamic update at a partner failed (zone not dynamic, refused, unreachable).",
        ],
        steps: &[
            Step { text: "Compare the DC's addresses at every server.", commands: &["guidpost check{only}"] },
            Step {
                text: "At each partner's server, delete the addresses that the DC no longer has.",
                commands: &[
                    "# Remove-DnsServerResourceRecord -ComputerName PARTNER -ZoneName ZONE -Name HOST -RRType A -RecordData OLD",
                    "# samba-tool dns delete PARTNER ZONE HOST A OLD",
                ],
            },
            Step {
                text: "At each partner's server, add an address of the DC, by preference one on the network of that \
                       partner. It need not be done at all partners: enough of them that replication spreads the rest.",
                commands: &[
                    "Add-DnsServerResourceRecordA -ComputerName PARTNER -ZoneName ZONE -Name HOST -IPv4Address NEW",
                    "samba-tool dns add PARTNER ZONE HOST A NEW",
                ],
            },
            Step { text: "Replicate, and check again.", commands: &["repadmin /syncall /AdeP", "guidpost check"] },
        ],
        samba: "No such event. Replication from the moved DC fails with 121 (WERR_SEM_TIMEOUT), later 1232 \
                (WERR_HOST_UNREACHABLE), or with 1234 once another machine has the former address.",
        kin: &[1722, 1753, -2_146_893_022],
        also: &[],
        references: &["Microsoft's article on DNS event 6702", "Microsoft KB 842197 (order of answers)"],
    },
    Code {
        number: 1411,
        symbol: "",
        kind: DIRECTORY,
        short: "no service principal name can be built for the source",
        meaning: "The destination could not build the name under which the source authenticates. Error 8589 stands \
                  beside it where the server object has no serverReference.",
        causes: &[
            "The former server object of a demoted or re-installed DC; its old GUID still serves as an alias.",
            "The source's service principal names or serverReference are missing. DNS shows nothing of that.",
        ],
        steps: &[
            Step {
                text: "Look for aliases whose GUID is not the machine's own; paste the text of the event to see where its \
                       GUID leads.",
                commands: &["guidpost check{only}", "guidpost identify -"],
            },
            Step {
                text: "Proceed as for error 8589: metadata clean-up, or serverReference.",
                commands: &["guidpost explain 8589"],
            },
        ],
        samba: "No such event.",
        kin: &[8589, 1396],
        also: &[],
        references: &["Microsoft KB 938704"],
    },
    Code {
        number: 1925,
        symbol: "",
        kind: DIRECTORY,
        short: "a replication link cannot be established",
        meaning: "The knowledge consistency checker could not make a replication link to a source. The error value in \
                  the event is the cause: 8524, 1722, -2146893022 and others.",
        causes: &["Any broken locator record of the source; but also firewalls, security, a source that is down."],
        steps: &[
            Step { text: "Explain the error value that the event carries.", commands: &["guidpost explain VALUE"] },
            Step {
                text: "Check the source's records at the server that the destination asks.",
                commands: &["guidpost check --dc SOURCE"],
            },
        ],
        samba: "No such event; `samba-tool drs showrepl` shows the error of the link.",
        kin: &[8524, 1722, -2_146_893_022, 1311],
        also: &[],
        references: &["Microsoft KB 4469659"],
    },
    Code {
        number: 1311,
        symbol: "",
        kind: DIRECTORY,
        short: "no complete replication topology can be computed",
        meaning: "The knowledge consistency checker found no way to connect all sites for a partition. It follows from \
                  other failures (1925), and also from site links and bridgeheads; DNS is only one cause among them.",
        causes: &[
            "Every bridgehead of a site is out of reach, by its records or otherwise.",
            "Sites are not joined by site links, or preferred bridgeheads are down. DNS shows nothing of that.",
        ],
        steps: &[
            Step {
                text: "Mend what breaks single links first.",
                commands: &["guidpost check", "repadmin /replsummary"],
            },
            Step { text: "If no link fails, look at sites, site links and bridgeheads.", commands: &[] },
        ],
        samba: "No such event.",
        kin: &[1925],
        also: &[],
        references: &["Microsoft's article on event 1311"],
    },
    Code {
        number: 5774,
        symbol: "",
        kind: NETLOGON,
        short: "a locator record could not be registered",
        meaning: "Netlogon tried to register one of this DC's records, and the DNS server refused or failed. The event \
                  names the record, the server and the status.",
        causes: &[
            "The DC's resolver is not the one that holds the zone, or does not lead to it.",
            "The zone takes no dynamic update (status 9005, REFUSED), or the secure update failed (9017, bad key).",
            "The server fails itself (9002, SERVFAIL), or does not know the zone (9003, NXDOMAIN).",
        ],
        steps: &[
            Step { text: "See which records are missing where.", commands: &["guidpost check"] },
            Step {
                text: "On the DC, let every adapter use only DNS servers of the forest; on the zone, allow secure updates.",
                commands: &["Get-DnsClientServerAddress", "dcdiag /test:DNS /DnsRecordRegistration"],
            },
            REGISTER_AGAIN,
        ],
        samba: "samba_dnsupdate logs the failed update; `samba_dnsupdate --verbose` shows it at once.",
        kin: &[5775, 5781, 8524],
        also: &[],
        references: &["Microsoft KB 2021446", "Microsoft KB 977158 (false alarm with BIND)"],
    },
    Code {
        number: 5775,
        symbol: "",
        kind: NETLOGON,
        short: "a locator record could not be removed",
        meaning: "Netlogon tried to take one of this DC's records out of DNS, and could not: the record stays, and \
                  clients go on finding it.",
        causes: &["The same as for event 5774; typical after a demotion, or after a change of site or role."],
        steps: &[
            Step {
                text: "Delete the record by hand at the server that the event names.",
                commands: &[
                    "# Remove-DnsServerResourceRecord -ComputerName SERVER -ZoneName ZONE -Name NAME -RRType TYPE",
                ],
            },
            REGISTER_AGAIN,
        ],
        samba: "No such event; `samba_dnsupdate` removes what its list no longer holds.",
        kin: &[5774, 5781],
        also: &[],
        references: &["Microsoft KB 267855"],
    },
    Code {
        number: 5781,
        symbol: "",
        kind: NETLOGON,
        short: "some locator records could not be registered or removed",
        meaning: "Registration failed for one or more records, often because no DNS server was there to be asked.",
        causes: &[
            "The DC has no, or no suitable, DNS server configured.",
            "At start: the DC's own DNS server is not ready yet. Registration is tried again within the hour.",
        ],
        steps: &[
            Step {
                text: "If the event comes only at start and the records are there, nothing is wrong.",
                commands: &["guidpost check"],
            },
            Step { text: "Otherwise mend the DC's list of DNS servers.", commands: &["Get-DnsClientServerAddress"] },
            REGISTER_AGAIN,
        ],
        samba: "No such event.",
        kin: &[5774, 5775, 4013],
        also: &[],
        references: &["Microsoft KB 2021446"],
    },
    Code {
        number: 4013,
        symbol: "",
        kind: DNS_SERVER,
        short: "the DNS server waits for the directory, which waits for DNS",
        meaning: "The DNS server on a DC does not load its zones until the directory has synchronised once, and the \
                  directory needs names for that. Starting takes many minutes if no other DNS server helps.",
        causes: &[
            "DCs use only themselves, or only each other, as DNS servers, and start at the same time.",
            "From outside, the server answers SERVFAIL or REFUSED for its own zones.",
        ],
        steps: &[
            Step { text: "See which servers answer for the forest.", commands: &["guidpost check{only}"] },
            Step {
                text: "Give every DC at least two DNS servers: others first (a hub, or one in its site), itself last.",
                commands: &["Set-DnsClientServerAddress -InterfaceAlias ADAPTER -ServerAddresses HUB,OTHER,127.0.0.1"],
            },
        ],
        samba: "No such event.",
        kin: &[8524, 5781],
        also: &[],
        references: &["Microsoft KB 2001093", "Microsoft KB 825036"],
    },
];
