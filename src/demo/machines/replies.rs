//! The octets in which machines say who they are, in the forms in which a Samba forest was heard to say it: RPC, NTLM,
//! NetBIOS, and what only shows that a port is open.

use super::ldap::element;
use crate::base::guid::Guid;
use crate::base::name::DnsName;

/// What a machine is called.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Its own DNS name, as it spells it.
    pub(super) host: String,
    /// Its domain.
    pub(super) domain: DnsName,
    /// Its forest.
    pub(super) forest: DnsName,
    /// Its site.
    pub(super) site: String,
    /// GUID of its own NTDS Settings object; `None` for a directory that keeps it from anonymous clients.
    pub(super) guid: Option<Guid>,
}

impl Names {
    /// The NetBIOS name that goes with a DNS name.
    pub(super) fn short(name: &str) -> String {
        let label = name.split('.').next().unwrap_or_default();
        label.chars().take(15).collect::<String>().to_uppercase()
    }
}

/// REFUSED to whatever a DNS server was asked.
pub(super) fn dns_refusal(request: &[u8]) -> Option<Vec<u8>> {
    let mut reply = request.to_vec();
    *reply.get_mut(2)? |= 0x80;
    *reply.get_mut(3)? = 5;
    Some(reply)
}

/// A KRB-ERROR, `[APPLICATION 30]`, with version and type alone: nobody reads on.
pub(super) fn kerberos_error() -> Vec<u8> {
    let field = |tag, value| element(tag, &[&element(0x02, &[&[value]])]);
    element(0x7e, &[&element(0x30, &[&field(0xa0, 5), &field(0xa1, 30)])])
}

/// What an RPC client wants in one PDU.
pub(super) enum Call {
    /// A bind, with an NTLM token or without.
    Bind { token: bool },
    /// A call.
    Request,
}

/// How long the RPC PDU at the beginning of `octets` is, once that can be told.
pub(super) fn pdu_length(octets: &[u8]) -> Option<usize> {
    octets.get(8..10)?.try_into().map(u16::from_le_bytes).map(usize::from).ok()
}

/// Reads a PDU: what is wanted, and its call id.
pub(super) fn call(pdu: &[u8]) -> Option<(Call, [u8; 4])> {
    let id = *pdu.get(12..)?.first_chunk()?;
    let token = pdu.get(10..12)? != [0, 0];
    match *pdu.get(2)? {
        11 => Some((Call::Bind { token }, id)),
        0 => Some((Call::Request, id)),
        _ => None,
    }
}

fn pdu(kind: u8, id: [u8; 4], body: &[u8], token: Option<&[u8]>) -> Vec<u8> {
    let trailer: &[u8] = if token.is_some() { &[10, 5, 0, 0, 1, 0, 0, 0] } else { &[] };
    let token = token.unwrap_or_default();
    let length = (16 + body.len() + trailer.len() + token.len()) as u16;
    let mut out = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    out.extend(length.to_le_bytes());
    out.extend((token.len() as u16).to_le_bytes());
    out.extend(id);
    out.extend([body, trailer, token].concat());
    out
}

/// A bind_ack, with an NTLM challenge inside if the client brought a token.
pub(super) fn bind_ack(id: [u8; 4], challenge: Option<&[u8]>) -> Vec<u8> {
    let mut body = vec![0xd0, 0x16, 0xd0, 0x16, 0x2d, 0xcf, 0, 0, 4, 0];
    body.extend(b"135\0");
    body.extend([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    body.extend(NDR);
    pdu(12, id, &body, challenge)
}

/// A bind_nak for the reason "authentication type not recognized".
pub(super) fn bind_nak(id: [u8; 4]) -> Vec<u8> {
    pdu(13, id, &[8, 0, 0], None)
}

/// A fault: access denied.
pub(super) fn denied(id: [u8; 4]) -> Vec<u8> {
    pdu(3, id, &[0x20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], None)
}

/// What the endpoint mapper says of DRSUAPI: its port, or that it is not registered.
pub(super) fn mapping(id: [u8; 4], port: Option<u16>) -> Vec<u8> {
    // The entry handle, then how many towers there are, how many there could be, offset, and how many come.
    let mut stub = vec![0; 20];
    let count = u32::from(port.is_some());
    for number in [count, 4, 0, count] {
        stub.extend(number.to_le_bytes());
    }
    if let Some(port) = port {
        let tower = tower(port);
        for number in [3, tower.len() as u32, tower.len() as u32] {
            stub.extend(number.to_le_bytes());
        }
        stub.extend(&tower);
        stub.resize(stub.len().next_multiple_of(4), 0);
    }
    stub.extend(if port.is_some() { 0_u32 } else { 0x16c9_a0d6 }.to_le_bytes());
    let mut body = (stub.len() as u32).to_le_bytes().to_vec();
    body.extend([0; 4]);
    body.extend(stub);
    pdu(2, id, &body, None)
}

/// NDR transfer syntax, version 2.0 (C706 section 14.4).
const NDR: [u8; 20] =
    [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0];

/// DRSUAPI, version 4.0, in the form of a tower's first floor (C706 appendix L).
const DRSUAPI: [u8; 19] =
    [0x0d, 0x35, 0x42, 0x51, 0xe3, 0x06, 0x4b, 0xd1, 0x11, 0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2, 0xdc, 0xd2, 4, 0];

fn tower(port: u16) -> Vec<u8> {
    let mut syntax = vec![0x0d];
    syntax.extend(&NDR[..18]);
    let floors: [(&[u8], &[u8]); 5] = [
        (&DRSUAPI, &[0, 0]),
        (&syntax, &[0, 0]),
        (&[0x0b], &[0, 0]),
        (&[0x07], &port.to_be_bytes()),
        (&[0x09], &[0; 4]),
    ];
    let mut out = vec![5, 0];
    for side in floors.iter().flat_map(|(left, right)| [left, right]) {
        out.extend((side.len() as u16).to_le_bytes());
        out.extend(*side);
    }
    out
}

/// An NTLM CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2), as Samba makes it: without the forest.
pub(super) fn challenge(names: &Names) -> Vec<u8> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut pairs = Vec::new();
    for (id, text) in [
        (2_u16, Names::short(names.domain.as_str())),
        (1, Names::short(&names.host)),
        (4, names.domain.to_string()),
        (3, names.host.clone()),
        (0, String::new()),
    ] {
        let text = utf16(&text);
        pairs.extend(id.to_le_bytes());
        pairs.extend((text.len() as u16).to_le_bytes());
        pairs.extend(text);
    }
    const HEAD: u32 = 56;
    let length = (pairs.len() as u16).to_le_bytes();
    let mut out = b"NTLMSSP\0\x02\0\0\0".to_vec();
    // No target name; the flags: Unicode, NTLM, target information, version.
    out.extend([0, 0, 0, 0, 56, 0, 0, 0]);
    out.extend(0x0280_0201_u32.to_le_bytes());
    // The challenge, which nobody will answer, and reserved octets.
    out.extend([0x5a; 8]);
    out.extend([0; 8]);
    out.extend([length, length].concat());
    out.extend(HEAD.to_le_bytes());
    // Windows Server 2022.
    out.extend([10, 0, 0x7c, 0x4f, 0, 0, 0, 15]);
    out.extend(pairs);
    out
}

/// The NetBIOS names of a machine (RFC 1002 section 4.2.18), for the question that was asked.
pub(super) fn node_status(request: &[u8], names: &Names) -> Option<Vec<u8>> {
    let (id, question) = (request.get(..2)?, request.get(12..50)?);
    let (host, domain) = (Names::short(&names.host), Names::short(names.domain.as_str()));
    let list = [(&host, 0x00, 0x0400_u16), (&domain, 0x00, 0x8400), (&host, 0x20, 0x0400)];
    let mut data = vec![list.len() as u8];
    for (name, suffix, flags) in list {
        data.extend(format!("{name:15}").bytes().take(15));
        data.push(suffix);
        data.extend(flags.to_be_bytes());
    }
    // Unit id and statistics.
    data.extend([0; 46]);
    let mut out = id.to_vec();
    out.extend([0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    out.extend(question);
    out.extend([0, 0, 0, 0]);
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
    Some(out)
}
