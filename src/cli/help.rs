//! What stands below the options of each command: examples and exit codes.

use crate::render::Format;

/// Of `--deadline`: formats whose readers do not wait for ever have a default of their own.
pub(super) fn deadline() -> String {
    let own = |format: &Format| Some(format!("; {}s for {}", format.deadline()?.as_secs(), format.name()));
    let defaults: String = Format::all().iter().filter_map(own).collect();
    format!("End the whole run after this time, with what is known by then [default: none{defaults}]")
}

/// Below `guidpost --help`.
pub(super) const MAIN: &str = "\
Examples:
  guidpost check                      verify the forest that guidpost.yaml describes
  guidpost check                      without that file: the forest of this machine, found by asking
  guidpost init -o guidpost.yaml      write the file: what was found, for review
  guidpost check -f nagios            as a monitoring plugin
  guidpost gone dc9.contoso.com       what is left of a demoted DC
  guidpost identify 192.0.2.99        who is behind an address, a host name or a GUID
  guidpost preflight                  whether this machine can become a domain controller
  guidpost explain 8524               what the error means, and what to do
  guidpost demo                       see broken forests, without a network

Exit codes, for every command and format:
  0  all verified
  1  warning
  2  critical
  3  unknown: not everything could be verified; or an error of usage, configuration or guidpost";

/// Below `guidpost check --help`.
pub(super) const CHECK: &str = "\
Examples:
  guidpost check
  guidpost check --forest contoso.com --from 192.0.2.10
  guidpost check -c forest.yaml --server dc1,dc2 --dc dc3.contoso.com
  guidpost check --only alias-missing,stale-address -v
  guidpost check --no-probe
  guidpost check -f json > report.json
  guidpost check -f nagios --deadline 30s --output json=/var/lib/guidpost/report.json
  guidpost check --save-evidence seen.json
  guidpost check --evidence seen.json

Exit codes:
  0  all verified
  1  warning
  2  critical
  3  unknown: not everything could be verified; or an error of usage, configuration or guidpost
With --fail-on warning an unknown verdict gives 0, with --fail-on critical a warning too.
A file that cannot be written keeps no report from being printed; it turns 0 into 3.
With -f nagios, standard output says why there is no report, too.";

/// Below `guidpost preflight --help`.
pub(super) const PREFLIGHT: &str = "\
Examples:
  guidpost preflight
  guidpost preflight --host dc3.contoso.com --address 192.0.2.12
  guidpost preflight --host dc3.contoso.com --address 192.0.2.12,2001:db8::12 --site Branch
  guidpost preflight --host dc3.contoso.com --address 192.0.2.12 -f json > preflight.json

Nothing is written, and no test record is made: name and addresses of the candidate are looked for
at every DNS server, the partners are resolved and asked who they are, and the ports that a domain
controller needs are tried, each once. Run it on the candidate itself: only there its own
resolvers and the way to its partners can be seen.

Exit codes:
  0  every item of the checklist passed
  1  warning
  2  critical: do not promote
  3  unknown: not every item could be checked; or an error of usage, configuration or guidpost
With --fail-on warning an unknown verdict gives 0, with --fail-on critical a warning too.";

/// Below `guidpost gone --help`.
pub(super) const GONE: &str = "\
Examples:
  guidpost gone 3dab7f9b-92e7-4391-b8db-71df532c1493 dc9.contoso.com 192.0.2.19
  guidpost gone dc9.contoso.com -f json
  guidpost gone dc9.contoso.com 192.0.2.19 --save-evidence before.json
  guidpost gone --evidence before.json

All words describe one former DC. Whole zones are transferred where a server allows it; elsewhere
every name is asked for that a DC registers, at every server, for every site that guidpost knows.
Each record that is left comes with its removal command; guidpost itself removes nothing.

Exit codes:
  0  nothing is left, and everything was seen
  1  records are left
  3  nothing was found, but not everything could be seen; or an error of usage, configuration or guidpost";

/// Below `guidpost observe --help`.
pub(super) const OBSERVE: &str = "\
Examples:
  guidpost observe -o seen.json
  guidpost check --evidence seen.json

Exit codes: 0 if the evidence was saved, 3 if not. Nothing is judged.";

/// Below `guidpost init --help`.
pub(super) const INIT: &str = "\
Examples:
  guidpost init -o guidpost.yaml
  guidpost init -o guidpost.yaml --from 192.0.2.10
  guidpost init -o - --forest contoso.com

The forest is that of this machine's own domain, or of the machine that --from names; its DNS
servers and domain controllers are those that DNS names (SRV, NS) and that say so themselves,
without credentials (LDAP ping, rootDSE). Only private addresses are asked who they are, this
machine's own, and the one that --from names. What was not proven stands in the file as a comment.

Exit codes: 0 if the file was written, 3 if not.";

/// Below `guidpost identify --help`.
pub(super) const IDENTIFY: &str = "\
Examples:
  guidpost identify 192.0.2.99
  guidpost identify dc2.contoso.com
  guidpost identify 3dab7f9b-92e7-4391-b8db-71df532c1493 -f json
  repadmin /showrepl dc1 | guidpost identify -
  guidpost identify < event-1411.txt -

A machine is asked without credentials: LDAP ping (UDP 389), rootDSE (TCP 389), endpoint mapper
(TCP 135), NTLM challenge (TCP 135, 445), NetBIOS (UDP 137). An address needs no configuration; a
host name is compared at every DNS server where there is one; a GUID needs one. Of a text, all
GUIDs of NTDS Settings objects are taken.

Exit codes:
  0  everything leads to the right machine; for an address: the machine says who it is
  2  a wrong machine, or the right one without its directory or with another GUID
  3  silent, inconclusive, or a record is missing; or an error of usage, configuration or guidpost";

/// Below `guidpost explain --help`.
pub(super) const EXPLAIN: &str = "\
Examples:
  guidpost explain stale-address      a rule
  guidpost explain 8524               an error in decimal,
  guidpost explain 0x6D9              in hexadecimal,
  guidpost explain -2146893022        or as a negative number
  guidpost explain event 2087         an event";

/// Below `guidpost rules --help`.
pub(super) const RULES: &str = "\
Examples:
  guidpost rules
  guidpost rules --format json
  guidpost explain alias-missing";

/// Below `guidpost demo --help`.
pub(super) const DEMO: &str = "\
Examples:
  guidpost demo
  guidpost demo --list
  guidpost demo stale-record --exit-code

The forest is served on a loopback address by the program itself, and checked as a real one is.";

/// Below `guidpost config --help`.
pub(super) const CONFIG: &str = "\
Examples:
  guidpost config check -c forest.yaml
  guidpost config schema > guidpost.schema.json";

/// Below `guidpost completions --help`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  guidpost completions bash > /etc/bash_completion.d/guidpost
  guidpost completions powershell >> $PROFILE";

/// Below `guidpost man --help`.
pub(super) const MAN: &str = "\
Examples:
  guidpost man > guidpost.1
  guidpost man check | man -l -";
