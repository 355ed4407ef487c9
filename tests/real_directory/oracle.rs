//! Independent witnesses: what other programs see of the same machines.

use crate::host::{Host, Output};

/// The GUID of the NTDS Settings object of the machine at `address`, as ldapsearch reads it without credentials.
pub(crate) fn ntds_guid(from: &Host, address: &str) -> Option<String> {
    // The control asks for distinguished names with GUIDs, in their readable form. ldapsearch prints base64, because
    // the value begins with `<`.
    let script = format!(
        "ldapsearch -x -LLL -o ldif-wrap=no -o nettimeout=5 -H ldap://{address} -s base -b '' \
         -E '!1.2.840.113556.1.4.529=::MAMCAQE=' dsServiceName | sed -n 's/^dsServiceName:: //p' | base64 -d"
    );
    let text = from.run(&["sh", "-c", &script]).stdout;
    let guid = text.strip_prefix("<GUID=")?.split_once('>')?.0;
    Some(guid.to_lowercase())
}

/// Why the machine at `address` does not tell its own name in the directory, as ldapsearch is told.
pub(crate) fn refusal(from: &Host, address: &str) -> String {
    let target = format!("ldap://{address}");
    let args =
        ["ldapsearch", "-x", "-LLL", "-o", "nettimeout=5", "-H", &target, "-s", "base", "-b", "", "dsServiceName"];
    let text = from.run(&args).stderr;
    text.lines().find_map(|line| line.strip_prefix("Additional information: ")).unwrap_or_default().to_owned()
}

/// The unique NetBIOS names of the machine at `address`, as nmblookup sees them.
pub(crate) fn netbios_names(from: &Host, address: &str) -> Vec<String> {
    let table = from.run(&["nmblookup", "-A", address]).stdout;
    let unique = table.lines().filter(|line| line.contains("<ACTIVE>") && !line.contains("<GROUP>"));
    unique.filter_map(|line| line.split_whitespace().next()).map(str::to_uppercase).collect()
}

/// Whether the endpoint mapper at `address` knows the replication interface, as rpcclient is told; none: no answer.
pub(crate) fn maps_drsuapi(from: &Host, address: &str) -> Option<bool> {
    let target = format!("ncacn_ip_tcp:{address}[135]");
    let Output { code, stdout, stderr } =
        from.run(&["timeout", "10", "rpcclient", "-U%", &target, "-c", "epmmap drsuapi"]);
    if stderr.contains("0x16C9A0D6") || stdout.contains("0x16C9A0D6") {
        return Some(false);
    }
    (code == Some(0) && stdout.contains("tower[0]")).then_some(true)
}

/// The records of a name at a server, as dig sees them: lower-case data without the final dot.
pub(crate) fn records(from: &Host, server: &str, name: &str, rtype: &str) -> Vec<String> {
    let at = format!("@{server}");
    let answer = from.run(&["dig", "+noall", "+answer", "+tries=1", &at, name, rtype]).stdout;
    let mut data: Vec<String> = answer
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() == 5 && fields[3] == rtype)
        .map(|fields| fields[4].trim_end_matches('.').to_lowercase())
        .collect();
    data.sort();
    data
}
