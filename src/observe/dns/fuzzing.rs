//! What `fuzz/` reaches of this module: its readers of octets are private.

use super::decode::{Asked, Decoder};
use super::wire;
use crate::base::dns::RecordType;
use crate::base::name::push_label;
use crate::evidence::Store;

/// Reads a reply to a question about `dc1.contoso.test` in every way in which a conversation may read it.
pub fn dns_reply(reply: &[u8]) {
    let (mut store, mut decoder) = (Store::default(), Decoder::default());
    let mut query = Vec::new();
    wire::write_query(&mut query, "dc1.contoso.test", RecordType::A, true, true);
    match wire::inspect(reply, &query) {
        wire::Kind::Alien => {}
        wire::Kind::Truncated => drop(decoder.decode_truncated(reply, &mut store)),
        wire::Kind::BareError => drop(decoder.decode_bare(reply, &mut store)),
        wire::Kind::Whole => {}
    }
    // Whatever it answers: other questions have other names.
    if let Ok(decoded) = decoder.decode(reply, None, &mut store)
        && let Some(body) = decoded.body
    {
        let body = store.body(body);
        for record in body.answers.iter().chain(body.authority) {
            assert!(!store.name(record.owner).is_empty(), "every owner has a name, the root included");
        }
    }
}

/// Reads a reply by both readers, which must agree, and says whether it is one of the common ones. It is read as the
/// reply to some other question, and as the reply to the very question that it repeats, in any spelling.
pub fn is_common(reply: &[u8]) -> bool {
    let common = agree(reply, None);
    if let Some((rtype, spellings)) = question_of(reply) {
        for name in spellings {
            let mut query = Vec::new();
            if wire::write_query(&mut query, &name, rtype, true, true) {
                assert_eq!(agree(reply, wire::same_question(reply, &query).map(|end| (&*name, end))), common);
            }
        }
    }
    common
}

/// Reads a reply by both readers, the common one knowing or not that the question is about that name and ends there.
fn agree(reply: &[u8], asked: Option<(&str, usize)>) -> bool {
    let mut decoder = Decoder::default();
    let (mut own, mut library, mut before) = (Store::default(), Store::default(), Store::default());
    // Evidence has the names of all questions before the first reply.
    let asked = asked.map(|(name, end)| {
        before.intern_name(name);
        library.intern_name(name);
        Asked { name: own.intern_name(name), end }
    });
    let Some(decoded) = decoder.decode_common(reply, asked, &mut own) else {
        assert!(own == before, "what was not read leaves nothing behind");
        return false;
    };
    let expected = decoder.decode_any(reply, &mut library);
    // Ids are handed out in order, so equal ids mean equal parts in the same order.
    assert_eq!(Ok(decoded), expected);
    assert!(own == library, "both readers intern the same");
    true
}

/// What a reply says that it answers: the type, and the name as it is spelled there and in other cases.
fn question_of(reply: &[u8]) -> Option<(RecordType, [String; 3])> {
    let mut at = wire::HEADER;
    let mut labels = Vec::new();
    while let Some(size) = reply.get(at).map(|&size| usize::from(size)).filter(|size| (1..=63).contains(size)) {
        labels.push(reply.get(at + 1..at + 1 + size)?);
        at += 1 + size;
    }
    let rtype = RecordType(u16::from_be_bytes(*reply.get(at + 1..)?.first_chunk()?));
    let mut name = String::new();
    for label in labels {
        if !name.is_empty() {
            name.push('.');
        }
        push_label(&mut name, label);
    }
    let (lower, upper) = (name.to_ascii_lowercase(), name.to_ascii_uppercase());
    Some((rtype, [name, lower, upper]))
}
