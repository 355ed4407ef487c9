//! What `fuzz/` reaches of this module: its readers of octets are private.

use super::decode::Decoder;
use super::wire;
use crate::evidence::{RecordType, Store};

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
    if let Ok(decoded) = decoder.decode(reply, &mut store)
        && let Some(body) = decoded.body
    {
        let body = store.body(body);
        for record in body.answers.iter().chain(body.authority) {
            assert!(!store.name(record.owner).is_empty(), "every owner has a name, the root included");
        }
    }
}

/// Reads a reply by both readers, which must agree, and says whether it is one of the common ones.
pub fn is_common(reply: &[u8]) -> bool {
    let mut decoder = Decoder::default();
    let (mut own, mut library) = (Store::default(), Store::default());
    let Some(decoded) = decoder.decode_common(reply, &mut own) else {
        assert!(own.is_empty(), "what was not read leaves nothing behind");
        return false;
    };
    let expected = decoder.decode_any(reply, &mut library);
    // Ids are handed out in order, so equal ids mean equal parts in the same order.
    assert_eq!(Ok(decoded), expected);
    assert!(own == library, "both readers intern the same");
    true
}
