//! Win32 errors that a Windows destination logs.

use super::{Code, Kind, Step};

/// The errors, the most frequent first.
pub(super) const TABLE: &[Code] = &[
    Code {
        number: super::DNS_LOOKUP_FAILURE,
        symbol: "ERROR_DS_DNS_LOOKUP_FAILURE",
        kind: Kind::Error,
        short: "the source's name cannot be resolved",
        meaning: "The destination could not turn the alias <guid>._msdcs.<forest> of its replication source into an \
                  address, and stopped before it contacted any machine.",
        causes: &[
            "The alias is absent at the DNS server that the destination asks (NXDOMAIN; 11001 in event 2087).",
            "The alias is there, but the host name that it names has no address record (11004 in event 2087).",
            "The destination asks a server that knows nothing of _msdcs.<forest>: a provider's or router's resolver, or \
             one whose forwarder or delegation is broken. A Windows client takes its NXDOMAIN as final and does not ask \
             the next server; only silence makes it move on.",
            "The record was repaired, and a resolver still holds the negative answer in its cache.",
        ],
        steps: &[
            Step { text: "See which server lacks which record.", commands: &["guidpost check{only}"] },
            Step {
                text: "On the destination, list the DNS servers of every network adapter. Each must host, forward or \
                       delegate the forest's zones; remove any that does not.",
                commands: &["Get-DnsClientServerAddress"],
            },
            Step {
                text: "On the source, let it register its records again (Windows; then Samba).",
                commands: &["nltest /dsregdns", "ipconfig /registerdns", "samba_dnsupdate --verbose"],
            },
            Step {
                text: "If the alias does not come back, look for DsaCname in the source's list of records not to \
                       register (DnsAvoidRegisterRecords), and for Netlogon events 5774 and 5781 there.",
                commands: &[],
            },
            Step {
                text: "When every server has the record, empty the destination's cache and replicate.",
                commands: &["ipconfig /flushdns", "repadmin /replicate DESTINATION SOURCE NAMING-CONTEXT"],
            },
        ],
        samba: "2 (WERR_FILE_NOT_FOUND), within a fraction of a second.",
        kin: &[2087, 2088, 1925, 11001, 11004],
        also: &[],
        references: &["Microsoft KB 2021446", "Microsoft KB 2834226 (timing of the resolver)", "MS-DRSR 2.2.3.2"],
    },
    Code {
        number: super::ENDPOINT_NOT_REGISTERED,
        symbol: "EPT_S_NOT_REGISTERED",
        kind: Kind::Error,
        short: "the machine at the address offers no directory replication",
        meaning: "The destination reached an RPC endpoint mapper (TCP 135), and that machine knows no endpoint of the \
                  directory replication interface (DRSUAPI): it is no domain controller, or its directory service is \
                  stopped.",
        causes: &[
            "A stale address record: the source DC once had the address, which now belongs to another Windows machine \
             or Samba member.",
            "A hosts file or WINS entry on the destination leads to such a machine.",
            "The address is right, but the directory service does not run (restore mode, stopped service).",
        ],
        steps: &[
            Step {
                text: "See which server holds the wrong address, and who answers there.",
                commands: &["guidpost check{only}", "guidpost identify ADDRESS"],
            },
            Step {
                text: "Delete the wrong record on each server that holds it (Windows; then Samba).",
                commands: &[
                    "# Remove-DnsServerResourceRecord -ComputerName SERVER -ZoneName ZONE -Name HOST -RRType A -RecordData ADDRESS",
                    "# samba-tool dns delete SERVER ZONE HOST A ADDRESS",
                ],
            },
            Step {
                text: "Search the destination's hosts file and its WINS servers for the source's name.",
                commands: &[],
            },
            Step {
                text: "If the machine is the right one, start its directory service.",
                commands: &["Start-Service NTDS", "systemctl start samba-ad-dc"],
            },
            Step { text: "Empty the destination's cache and replicate.", commands: &["ipconfig /flushdns"] },
        ],
        samba: "1234 (WERR_PORT_UNREACHABLE); 1225 (WERR_CONNECTION_REFUSED) where the machine runs no endpoint \
                mapper. With several addresses Samba goes on to the next one and succeeds.",
        kin: &[1722, -2_146_893_022, 6702, 1234],
        // The status of the DCE endpoint mapper that Windows turns into 1753.
        also: &[0x16C9_A0D6],
        references: &["Microsoft's article on replication error 1753", "DCE 1.1 RPC (C706), endpoint mapper"],
    },
    Code {
        number: super::WRONG_PRINCIPAL,
        symbol: "SEC_E_WRONG_PRINCIPAL",
        kind: Kind::Error,
        short: "the machine at the address is another DC, or has another password",
        meaning: "\"The target principal name is incorrect\": the Kerberos ticket was made for the source, and the \
                  machine that was reached cannot decrypt it.",
        causes: &[
            "The source's alias or address record leads to another domain controller, of the same or of another forest, \
             or to the destination itself.",
            "Two domain controllers stand under one address after an address was exchanged or cloned.",
            "The source was installed again under its old name, and the destination still uses its former GUID.",
            "DNS is right, and the source's machine password differs from the one its key distribution center knows.",
        ],
        steps: &[
            Step {
                text: "See which record leads to which machine.",
                commands: &["guidpost check{only}", "guidpost identify ADDRESS"],
            },
            Step {
                text: "Delete the wrong record on each server that holds it, and let both DCs register again.",
                commands: &[
                    "# Remove-DnsServerResourceRecord -ComputerName SERVER -ZoneName ZONE -Name HOST -RRType A -RecordData ADDRESS",
                    "# samba-tool dns delete SERVER ZONE HOST A ADDRESS",
                    "nltest /dsregdns",
                ],
            },
            Step {
                text: "Empty the caches on the way: the DNS server's, and the destination's.",
                commands: &["Clear-DnsServerCache -ComputerName SERVER", "ipconfig /flushdns"],
            },
            Step {
                text: "Only if every record leads to the right machine: reset the source's machine password against \
                       the PDC emulator.",
                commands: &["netdom resetpwd /server:PDC /userd:DOMAIN\\ADMIN /passwordd:*"],
            },
        ],
        samba: "31 (WERR_GEN_FAILURE).",
        kin: &[1396, 1753, 1925, 31],
        also: &[],
        references: &["Microsoft KB 2090913"],
    },
    Code {
        number: super::RPC_UNAVAILABLE,
        symbol: "RPC_S_SERVER_UNAVAILABLE",
        kind: Kind::Error,
        short: "nothing answers RPC at the address",
        meaning: "The name was resolved, and at its address no RPC server could be reached.",
        causes: &[
            "The record holds an address where nobody is: the DC moved away, and its former address is unused.",
            "The record holds an address that this destination cannot reach: a backup, storage or cluster network, or \
             169.254.0.0/16.",
            "A firewall closes TCP 135 or the port that the endpoint mapper names. DNS is right then.",
            "The DC is down.",
        ],
        steps: &[
            Step {
                text: "See which addresses stand in DNS, and which of them answer.",
                commands: &["guidpost check{only}"],
            },
            Step {
                text: "Delete addresses that are not the DC's, or that partners cannot reach, and keep the adapter from \
                       registering them again.",
                commands: &["Set-DnsClient -InterfaceAlias ADAPTER -RegisterThisConnectionsAddress $false"],
            },
            Step {
                text: "If the addresses are right, test the ports from the destination.",
                commands: &["Test-NetConnection SOURCE -Port 135"],
            },
        ],
        samba: "1232 (WERR_HOST_UNREACHABLE) after some seconds, or 121 (WERR_SEM_TIMEOUT) after a minute.",
        kin: &[1753, 6702, 1232, 121],
        also: &[],
        references: &["Microsoft's article on replication error 1722"],
    },
    Code {
        number: super::WRONG_TARGET_NAME,
        symbol: "ERROR_WRONG_TARGET_NAME",
        kind: Kind::Error,
        short: "the machine that was reached is not the one the name stands for",
        meaning: "\"The target account name is incorrect\": the same condition as -2146893022, met by another caller.",
        causes: &[
            "The GUID in the alias is not the one of the machine behind it: the source was demoted and promoted again, \
             or its former NTDS Settings object is still there.",
            "The record leads to another domain controller.",
        ],
        steps: &[
            Step {
                text: "Compare the GUID of the alias with the one that the machine itself gives.",
                commands: &["guidpost check{only}"],
            },
            Step {
                text: "Remove what is left of the former DC from the directory (Windows: delete its server object; \
                       Samba: the command below), then the old alias.",
                commands: &["# samba-tool domain demote --remove-other-dead-server=HOST"],
            },
        ],
        samba: "31 (WERR_GEN_FAILURE) where the machine that was reached is another DC.",
        kin: &[-2_146_893_022, 8589],
        also: &[],
        references: &["Microsoft KB 2090913"],
    },
    Code {
        number: super::BAD_DN,
        symbol: "ERROR_DS_DRA_BAD_DN",
        kind: Kind::Error,
        short: "a DC that replication names has no NTDS Settings object",
        meaning: "\"The distinguished name specified for this replication operation is invalid\": the copy of the \
                  directory that was asked has no object of the name that was given, such as the NTDS Settings object \
                  of the source or of the DC that was asked.",
        causes: &[
            "The NTDS Settings object of a DC that still runs was deleted, in Active Directory Sites and Services or by a \
             metadata clean-up that named the wrong server. Its own directory can then no longer say who it is.",
            "The DC was demoted, or removed from the directory, and the destination has not heard of it yet.",
        ],
        steps: &[
            Step {
                text: "See which DC has lost its NTDS Settings object, by its own words. Its DNS records need no change.",
                commands: &["guidpost check{only}", "guidpost identify ADDRESS"],
            },
            Step {
                text: "Find out when the object was deleted, and by whom, on a DC that has received the deletion.",
                commands: &["repadmin /showobjmeta DC \"<GUID=NTDS-SETTINGS-GUID>\""],
            },
            Step {
                text: "Restore the object from a backup made before the deletion (authoritative restore on another DC), or \
                       demote the DC by force, clean up its metadata, and promote it again.",
                commands: &["guidpost explain ntds-settings-missing"],
            },
        ],
        samba: "8 (WERR_NOT_ENOUGH_MEMORY) where the source has lost its own object. Where the destination's copy lacks \
                that of the source, `samba-tool drs replicate` says \"Failed to find source NTDS DN\".",
        kin: &[8, 1722, 8589],
        also: &[],
        references: &["MS-ERREF 2.2 (0x000020F7)", "Microsoft KB 216498 (metadata clean-up)"],
    },
    Code {
        number: 8589,
        symbol: "ERROR_DS_CANT_DERIVE_SPN_WITHOUT_SERVER_REF",
        kind: Kind::Error,
        short: "the source's server object has no serverReference",
        meaning: "The destination cannot build the name under which it authenticates to the source, because the \
                  source's server object in its own copy of the directory does not say which computer it belongs to.",
        causes: &[
            "A DC was demoted by force or installed again, and its former server object is still in the directory.",
            "The attribute serverReference is missing in the copy of the destination, of the source, or of both.",
            "In DNS only the leftovers show: an alias for a GUID that no machine claims, or one that leads to a machine \
             with another GUID. The missing attribute itself cannot be seen in DNS, so it is never forecast from DNS.",
        ],
        steps: &[
            Step {
                text: "Find leftover aliases, and machines whose GUID is not the alias's; for the GUID in the event, see where \
                       its alias leads and what DNS cannot tell.",
                commands: &["guidpost check{only}", "guidpost identify GUID"],
            },
            Step {
                text: "If the DC is gone, clean up its metadata: delete its server object, or with Samba:",
                commands: &["# samba-tool domain demote --remove-other-dead-server=HOST"],
            },
            Step {
                text: "If the DC lives, set serverReference of its server object (below CN=Sites in the configuration \
                       partition) to the distinguished name of its computer account, on the destination's copy as well.",
                commands: &["dcdiag /test:VerifyReferences /s:SOURCE"],
            },
        ],
        samba: "None: Samba does not derive the name from serverReference, and replicates.",
        kin: &[1411, 1396],
        also: &[],
        references: &["Microsoft's article on replication error 8589", "Microsoft KB 938704 (event 1411)"],
    },
    Code {
        number: 11001,
        symbol: "WSAHOST_NOT_FOUND",
        kind: Kind::Error,
        short: "the name does not exist at the DNS server that was asked",
        meaning: "The DNS server said NXDOMAIN. Event 2087 carries this value where the alias is missing.",
        causes: &[
            "The alias is absent at the server that the destination asks.",
            "That server is outside the forest, and denies every name in _msdcs.<forest>.",
        ],
        steps: &[Step { text: "Proceed as for error 8524.", commands: &["guidpost check{only}"] }],
        samba: "2 (WERR_FILE_NOT_FOUND).",
        kin: &[8524, 2087, 11004],
        also: &[],
        references: &["Windows Sockets error codes", "Microsoft KB 4469661 (event 2087)"],
    },
    Code {
        number: 11004,
        symbol: "WSANO_DATA",
        kind: Kind::Error,
        short: "the name exists and has no address",
        meaning: "The name is there, and leads to no address. Event 2087 carries this value where the alias exists and \
                  its target has neither an A nor an AAAA record.",
        causes: &[
            "The DC's host record was deleted, scavenged, or never registered at this server.",
            "The alias still names the DC's former host name.",
        ],
        steps: &[
            Step { text: "See whether the target or its address is wrong.", commands: &["guidpost check{only}"] },
            Step {
                text: "On the source, register the host record and the alias again (Windows; then Samba).",
                commands: &["ipconfig /registerdns", "nltest /dsregdns", "samba_dnsupdate --verbose"],
            },
        ],
        samba: "2 (WERR_FILE_NOT_FOUND).",
        kin: &[8524, 2087, 11001],
        also: &[],
        references: &["Windows Sockets error codes", "Microsoft KB 4469661 (event 2087)"],
    },
];
