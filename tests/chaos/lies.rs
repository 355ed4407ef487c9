//! The table of lies. Each is one reply to one question about `dc2`, in a forest that is healthy otherwise.

use std::sync::Arc;

use crate::message::{
    A, ASKED, CH, CNAME, Draft, IN, OPT, SOA, TXT, a, dotted, name, question, record, soa, with_length,
};
use crate::relay::{Behind, framed};

/// What must come of a lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    /// The forest is healthy.
    Right,
    /// Either: the standards leave it open whether the rest of such a reply may be read.
    Harmless,
    /// What was asked is unknown, and nothing is wrong.
    Unknown,
    /// The server does say something wrong: these rules fail.
    Wrong(&'static [&'static str]),
}

/// Which questions are answered with the lie.
#[derive(Clone, Copy)]
pub(crate) enum On {
    /// The IPv4 addresses of the host.
    Host,
    /// Everything at the name of the alias.
    Alias,
}

type Lie = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;
type Carry = Arc<dyn Fn(&[u8], Behind) -> Option<Vec<u8>> + Send + Sync>;

/// One line of the table.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) on: On,
    pub(crate) lie: Lie,
    /// The honest reply follows a little later.
    pub(crate) truth: bool,
    /// What comes back over TCP; without it nothing listens there.
    pub(crate) tcp: Option<Carry>,
    pub(crate) expect: Expect,
}

#[derive(Default)]
struct Table(Vec<Case>);

/// The right address of the host.
const RIGHT: [u8; 4] = [203, 0, 113, 2];

fn good(query: &[u8]) -> Draft {
    Draft::new(query, &[a(RIGHT)])
}

impl Table {
    fn push(&mut self, name: String, on: On, expect: Expect, truth: bool, lie: Lie) {
        self.0.push(Case { name, on, lie, truth, tcp: None, expect });
    }

    /// A reply that is none: alone it leaves the question unanswered, and it does not keep the truth from being heard.
    fn ignored(&mut self, name: impl Into<String>, change: impl Fn(&[u8], &mut Vec<u8>) + Send + Sync + 'static) {
        let name = name.into();
        let lie: Lie = Arc::new(move |query| {
            // The lie has a wrong address, so that it shows where it is believed.
            let mut octets = Draft::new(query, &[a([203, 0, 113, 66])]).octets(query);
            change(query, &mut octets);
            octets
        });
        self.push(format!("{name}, then the truth"), On::Host, Expect::Right, true, Arc::clone(&lie));
        self.push(format!("{name}, and nothing else"), On::Host, Expect::Unknown, false, lie);
    }

    /// The same, put together instead of changed.
    fn malformed(&mut self, name: impl Into<String>, draft: impl Fn(&mut Draft, &[u8]) + Send + Sync + 'static) {
        self.ignored(name, move |query, octets| {
            let mut lie = Draft::new(query, &[a([203, 0, 113, 66])]);
            draft(&mut lie, query);
            *octets = lie.octets(query);
        });
    }

    /// A reply that can be read, made out of the right one.
    fn reply(
        &mut self,
        name: impl Into<String>,
        expect: Expect,
        draft: impl Fn(&mut Draft, &[u8]) + Send + Sync + 'static,
    ) {
        let lie = move |query: &[u8]| {
            let mut lie = good(query);
            draft(&mut lie, query);
            lie.octets(query)
        };
        self.push(name.into(), On::Host, expect, false, Arc::new(lie));
    }

    /// A reply to every question at the alias.
    fn alias(
        &mut self,
        name: impl Into<String>,
        expect: Expect,
        draft: impl Fn(&mut Draft, &[u8]) + Send + Sync + 'static,
    ) {
        let lie = move |query: &[u8]| {
            let mut lie = Draft::new(query, &[]);
            draft(&mut lie, query);
            lie.octets(query)
        };
        self.push(name.into(), On::Alias, expect, false, Arc::new(lie));
    }

    /// A truncated reply, and what the connection brings.
    fn tcp(
        &mut self,
        name: &str,
        expect: Expect,
        draft: impl Fn(&mut Draft, &[u8]) + Send + Sync + 'static,
        carry: Option<Carry>,
    ) {
        let lie = move |query: &[u8]| {
            let mut lie = Draft::new(query, &[]);
            lie.flags |= 0x0200;
            draft(&mut lie, query);
            lie.octets(query)
        };
        self.push(format!("TC: {name}"), On::Host, expect, false, Arc::new(lie));
        if let Some(case) = self.0.last_mut() {
            case.tcp = carry;
        }
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut table = Table::default();
    headers(&mut table);
    questions(&mut table);
    counts_and_cuts(&mut table);
    names(&mut table);
    data(&mut table);
    beside(&mut table);
    codes(&mut table);
    answers(&mut table);
    aliases(&mut table);
    edns(&mut table);
    connections(&mut table);
    table.0
}

fn headers(table: &mut Table) {
    table.ignored("id off by one", |_, m| m[1] = m[1].wrapping_add(1));
    table.ignored("id inverted", |_, m| (m[0], m[1]) = (!m[0], !m[1]));
    table.ignored("first octet of the id", |_, m| m[0] ^= 0x80);
    table.ignored("last octet of the id", |_, m| m[1] ^= 0x80);
    table.ignored("the question itself", |query, m| *m = query.to_vec());
    table.ignored("QR clear", |_, m| m[2] &= 0x7f);
    for opcode in 1..16 {
        let known = ["", "IQUERY", "STATUS", "", "NOTIFY", "UPDATE", "DSO"].get(opcode).copied().unwrap_or_default();
        table.ignored(format!("opcode {opcode} {known}"), move |_, m| m[2] = m[2] & 0x87 | (opcode as u8) << 3);
    }
    for length in [0, 1, 2, 3, 11, 12] {
        table.ignored(format!("{length} octets"), move |_, m| m.truncate(length));
    }
    table.ignored("a header that denies", |_, m| {
        m.truncate(12);
        m[3] |= 3;
        m[4..].fill(0);
    });
    table.ignored("a header that says all is well", |_, m| {
        m.truncate(12);
        m[4..].fill(0);
    });
    table.ignored("an error without question and with a record", |_, m| {
        m.truncate(12);
        m[3] |= 2;
        m[4..].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0]);
    });
    table.ignored("line noise", |_, m| *m = (0..200u8).map(|n| n.wrapping_mul(37)).collect());
    table.ignored("text of another protocol", |_, m| *m = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    for (flag, what) in [(0x0400u16, "AA"), (0x0080, "RA"), (0x0100, "RD")] {
        table.reply(format!("{what} clear"), Expect::Right, move |d, _| d.flags &= !flag);
    }
    for (flag, what) in [(0x0020u16, "AD"), (0x0010, "CD"), (0x0040, "Z")] {
        table.reply(format!("{what} set"), Expect::Right, move |d, _| d.flags |= flag);
    }
}

fn questions(table: &mut Table) {
    let change = |name: &str, rest: &'static [u8]| (dotted(name), rest);
    for (what, (name, rest)) in [
        ("another host", change("dc3.contoso.test", &[0, 1, 0, 1])),
        ("the parent", change("contoso.test", &[0, 1, 0, 1])),
        ("a child", change("x.dc2.contoso.test", &[0, 1, 0, 1])),
        ("another forest", change("dc2.contoso.evil", &[0, 1, 0, 1])),
        ("type AAAA", change("dc2.contoso.test", &[0, 28, 0, 1])),
        ("type 0", change("dc2.contoso.test", &[0, 0, 0, 1])),
        ("type ANY", change("dc2.contoso.test", &[0, 255, 0, 1])),
        ("class CH", change("dc2.contoso.test", &[0, 1, 0, 3])),
        ("class ANY", change("dc2.contoso.test", &[0, 1, 0, 255])),
        ("class 0", change("dc2.contoso.test", &[0, 1, 0, 0])),
    ] {
        table.malformed(format!("about {what}"), move |d, _| d.question = [&name[..], rest].concat());
    }
    table.malformed("about a name with a NUL", |d, _| {
        d.question = [name(&[b"dc2\0", b"contoso", b"test"]), vec![0, 1, 0, 1]].concat();
    });
    table.malformed("about a name with a dot inside", |d, _| {
        d.question = [name(&[b"dc2.contoso", b"test"]), vec![0, 1, 0, 1]].concat();
    });
    table.malformed("about a pointer to itself", |d, _| d.question = vec![0xc0, 12, 0, 1, 0, 1]);
    table.malformed("two questions", |d, _| {
        d.question = d.question.repeat(2);
        d.counts[0] = Some(2);
    });
    table.malformed("two questions counted", |d, _| d.counts[0] = Some(2));
    table.malformed("65,535 questions counted", |d, _| d.counts[0] = Some(65_535));
    table.malformed("no question counted", |d, _| d.counts[0] = Some(0));
    table.malformed("no question", |d, _| d.question.clear());
    table.reply("question in capitals", Expect::Right, |d, _| d.question.make_ascii_uppercase());
    table.reply("question in mixed case", Expect::Right, |d, _| {
        d.question.iter_mut().skip(1).step_by(2).for_each(u8::make_ascii_uppercase);
    });
}

fn counts_and_cuts(table: &mut Table) {
    for short in 1..16 {
        table.ignored(format!("{short} octets short"), move |_, m| m.truncate(m.len() - short));
    }
    let sections = ["", "ANSWER", "AUTHORITY", "ADDITIONAL"];
    for section in 1..4 {
        for extra in [1, 100, 65_534] {
            table.malformed(format!("{} counts {extra} too many", sections[section]), move |d, _| {
                let real = [0, d.answers.len(), d.authority.len(), d.additional.len()][section] as u16;
                d.counts[section] = Some(real + extra);
            });
        }
    }
    // The record is there, but nothing counts it.
    table.reply("ANSWER counts none", Expect::Wrong(&["alias-path-differs", "host-missing"]), |d, _| {
        d.counts[1] = Some(0);
    });
    table.reply("one octet behind the end", Expect::Right, |d, _| d.tail = vec![0]);
    table.reply("500 octets behind the end", Expect::Right, |d, _| d.tail = vec![0xff; 500]);
    table.reply("60,000 octets behind the end", Expect::Right, |d, _| d.tail = vec![0x41; 60_000]);
}

fn names(table: &mut Table) {
    let owner = |table: &mut Table, what: &str, owner: Vec<u8>| {
        table.malformed(format!("owner: {what}"), move |d, _| {
            d.answers = vec![record(&owner, A, IN, 1200, &[203, 0, 113, 66])]
        });
    };
    owner(table, "a pointer beyond the end", vec![0xff, 0xff]);
    owner(table, "a pointer to the end", vec![0xc1, 0x00]);
    owner(table, "a label that runs beyond the end", [&[63u8][..], b"dc2"].concat());
    for kind in [0x40u8, 0x41, 0x80, 0xbf] {
        owner(table, &format!("a label of kind {kind:#x}"), vec![kind, 0, 0]);
    }
    owner(table, "256 octets", [vec![[&[63u8][..], &[b'a'; 63]].concat(); 4].concat(), vec![0]].concat());
    owner(table, "1,000 octets", [vec![[&[9u8][..], &[b'a'; 9]].concat(); 100].concat(), vec![0]].concat());
    for (what, offset) in [("to itself", 0), ("one octet forward", 1), ("forward", 6)] {
        table.malformed(format!("owner: a pointer {what}"), move |d, _| {
            let at = d.answers_at() + offset;
            d.answers = vec![record(&[0xc0 | (at >> 8) as u8, at as u8], A, IN, 1200, &[203, 0, 113, 66])];
        });
    }
    table.malformed("owner: two pointers to each other", |d, _| {
        let at = d.answers_at() as u8;
        let first = record(&[0xc0, at + 16], A, IN, 1200, &[203, 0, 113, 66]);
        let second = record(&[0xc0, at], A, IN, 1200, &[203, 0, 113, 66]);
        d.answers = vec![first, second];
    });
    table.malformed("owner: a label in front of a loop", |d, _| {
        let at = d.answers_at() as u8;
        d.answers = vec![record(&[1, b'x', 0xc0, at], A, IN, 1200, &[203, 0, 113, 66])];
    });
    // Pointers that lead somewhere: another name than the asked one, so it is neither an answer nor a denial.
    for (what, pointer) in
        [("into the middle of the question", 16), ("to the end of the question", 28), ("to a count", 6)]
    {
        table.reply(format!("owner: a pointer {what}"), Expect::Unknown, move |d, _| {
            d.answers = vec![record(&[0xc0, pointer], A, IN, 1200, &RIGHT)];
        });
    }
    table.reply("owner: spelled out", Expect::Right, |d, _| {
        d.answers = vec![record(&dotted("dc2.contoso.test"), A, IN, 1200, &RIGHT)];
    });
    table.reply("owner: in capitals", Expect::Right, |d, _| {
        d.answers = vec![record(&dotted("DC2.CONTOSO.TEST"), A, IN, 1200, &RIGHT)];
    });
    table.reply("owner: half a pointer", Expect::Right, |d, _| {
        d.answers = vec![record(&[3, b'D', b'c', b'2', 0xc0, 16], A, IN, 1200, &RIGHT)];
    });
}

fn data(table: &mut Table) {
    for (length, rdata) in
        [(3u16, &[203, 0, 113, 66][..]), (5, &[203, 0, 113, 66]), (3, &[203, 0, 113]), (5, &[203, 0, 113, 66, 0])]
    {
        let what = format!("address of {} octets, {length} counted", rdata.len());
        table.malformed(what, move |d, _| d.answers = vec![with_length(ASKED, A, IN, 1200, length, rdata)]);
    }
    table.malformed("65,535 octets of data counted", |d, _| {
        d.answers = vec![with_length(ASKED, A, IN, 1200, 65_535, &[203, 0, 113, 66])];
    });
    table.malformed("an address of 16 octets", |d, _| d.answers = vec![record(ASKED, A, IN, 1200, &[0x20; 16])]);
    table.reply("an address of no octets", Expect::Unknown, |d, _| d.answers = vec![record(ASKED, A, IN, 1200, &[])]);
    for (what, rtype, rdata) in [
        ("an alias to a pointer beyond the end", CNAME, vec![0xff, 0xff]),
        ("an alias to a name that is cut", CNAME, b"\x09dc2".to_vec()),
        ("an SOA that is cut", SOA, soa()[..30].to_vec()),
        ("an SOA of nothing but names", SOA, soa()[..soa().len() - 20].to_vec()),
        ("an SRV of four octets", 33, vec![0, 0, 0, 100]),
        ("an IPv6 address of four octets", 28, vec![203, 0, 113, 2]),
        ("a TXT whose string is longer than it", TXT, b"\x20abc".to_vec()),
    ] {
        table.malformed(format!("beside it {what}"), move |d, _| d.answers.push(record(ASKED, rtype, IN, 600, &rdata)));
    }
    for (what, address, rules) in [
        ("another address", [203, 0, 113, 66], &["alias-path-differs", "stale-address"][..]),
        ("the loopback address", [127, 0, 0, 1], &["alias-path-differs", "unusable-address"]),
        ("no address at all", [0, 0, 0, 0], &["alias-path-differs", "unusable-address"]),
        ("everybody", [255, 255, 255, 255], &["alias-path-differs", "unusable-address"]),
        ("a group", [224, 0, 0, 1], &["alias-path-differs", "unusable-address"]),
        ("a link-local address", [169, 254, 1, 1], &["alias-path-differs", "unusable-address"]),
    ] {
        table.reply(format!("it says {what}"), Expect::Wrong(rules), move |d, _| d.answers = vec![a(address)]);
    }
    for (what, ttl) in [("0", 0), ("2^31 - 1", 0x7fff_ffff), ("2^31", 0x8000_0000), ("2^32 - 1", 0xffff_ffff)] {
        table.reply(format!("TTL {what}"), Expect::Wrong(&["ttl-unusual"]), move |d, _| {
            d.answers = vec![record(ASKED, A, IN, ttl, &RIGHT)];
        });
    }
}

/// The right record, and another beside it.
fn beside(table: &mut Table) {
    let more: &[(&str, u16, u16, &[u8])] = &[
        ("NULL", 10, IN, &[0, 1, 2]),
        ("a TXT of one empty string", TXT, IN, &[0]),
        ("a TXT with a NUL", TXT, IN, b"\x03a\0b"),
        ("MX", 15, IN, b"\0\x0a\x04mail\0"),
        ("SRV to the root", 33, IN, &[0, 0, 0, 0, 1, 0x85, 0]),
        ("SRV with a pointer inside", 33, IN, &[0, 0, 0, 0, 1, 0x85, 0xc0, 12]),
        ("DNAME", 39, IN, b"\x04evil\0"),
        ("WINS", 65_281, IN, &[0, 0, 0, 0, 0, 0, 0, 2]),
        ("TYPE65534", 65_534, IN, &[0]),
        ("another address of class CH", A, CH, &[203, 0, 113, 66]),
        ("another address of class HS", A, 4, &[203, 0, 113, 66]),
        ("another address of class NONE", A, 254, &[203, 0, 113, 66]),
        ("another address of class ANY", A, 255, &[203, 0, 113, 66]),
        ("another address of class 0", A, 0, &[203, 0, 113, 66]),
        ("another alias of class CH", CNAME, CH, b"\x04evil\0"),
        ("the same address", A, IN, &RIGHT),
    ];
    for &(what, rtype, class, rdata) in more {
        table.reply(format!("beside it {what}"), Expect::Right, move |d, _| {
            d.answers.push(record(ASKED, rtype, class, 1200, rdata));
        });
        table.reply(format!("in front of it {what}"), Expect::Right, move |d, _| {
            d.answers.insert(0, record(ASKED, rtype, class, 1200, rdata));
        });
    }
    // Types that RFC 6895 reserves, one that nobody knows without data, a TXT without the string that it must have.
    for (what, rtype, rdata) in [
        ("TYPE0", 0, &[1u8, 2, 3][..]),
        ("TYPE65535", 65_535, &[]),
        ("TYPE65534 of no octets", 65_534, &[]),
        ("an empty TXT", TXT, &[]),
    ] {
        table.reply(format!("beside it {what}"), Expect::Harmless, move |d, _| {
            d.answers.push(record(ASKED, rtype, IN, 1200, rdata));
        });
    }
    let owners: Vec<(&str, Vec<u8>)> = vec![
        ("another DC", dotted("dc1.contoso.test")),
        ("another forest", dotted("dc2.contoso.evil")),
        ("the parent", dotted("contoso.test")),
        ("a child", dotted("x.dc2.contoso.test")),
        ("a wildcard", dotted("*.contoso.test")),
        ("the root", vec![0]),
        ("a name with a NUL", name(&[b"dc2\0", b"contoso", b"test"])),
        ("a name with a dot inside", name(&[b"dc2.contoso", b"test"])),
        ("a name with a backslash", name(&[b"dc2\\", b"contoso", b"test"])),
        ("a name that is no ASCII", name(&[b"dc2\xff\xe2\x80\xae", b"contoso", b"test"])),
        ("a name with escapes of a terminal", name(&[b"\x1b[2J\x1b]0;x\x07", b"contoso", b"test"])),
        ("a name of 127 labels", name(&[&b"a"[..]; 127])),
        ("a name of 255 octets", name(&[&[b'a'; 63][..], &[b'b'; 63], &[b'c'; 63], &[b'd'; 61]])),
    ];
    for (what, owner) in owners {
        let lie = record(&owner, A, IN, 1200, &[203, 0, 113, 66]);
        for section in ["ANSWER", "AUTHORITY", "ADDITIONAL"] {
            let lie = lie.clone();
            table.reply(format!("an address of {what} in {section}"), Expect::Right, move |d, _| match section {
                "ANSWER" => d.answers.push(lie.clone()),
                "AUTHORITY" => d.authority.push(lie.clone()),
                _ => d.additional.push(lie.clone()),
            });
        }
        let only = record(&owner, A, IN, 1200, &RIGHT);
        table.reply(format!("nothing but an address of {what}"), Expect::Unknown, move |d, _| {
            d.answers = vec![only.clone()];
        });
    }
    table.reply("an SOA in AUTHORITY", Expect::Right, |d, _| {
        d.authority.push(record(&dotted("contoso.test"), SOA, IN, 3600, &soa()));
    });
    table.reply("name servers of the root in AUTHORITY", Expect::Right, |d, _| {
        d.authority.push(record(&[0], 2, IN, 3600, b"\x04evil\0"));
    });
    table.reply("the same record 300 times", Expect::Right, |d, _| d.answers = vec![a(RIGHT); 300]);
}

fn codes(table: &mut Table) {
    for code in (1..16).filter(|code| *code != 3) {
        table.reply(format!("response code {code}"), Expect::Unknown, move |d, _| {
            d.flags = d.flags & 0xfbf0 | code;
            d.answers.clear();
        });
        table.reply(format!("response code {code} with the record"), Expect::Unknown, move |d, _| d.flags |= code);
    }
    for code in [1, 2, 4, 5] {
        table.reply(format!("response code {code} in a header alone"), Expect::Unknown, move |d, _| {
            (d.flags, d.question, d.answers) = (0x8000 | code, Vec::new(), Vec::new());
        });
    }
    table.reply("NXDOMAIN with the record", Expect::Unknown, |d, _| d.flags |= 3);
    table.reply("NXDOMAIN with neither AA nor SOA", Expect::Unknown, |d, _| {
        (d.flags, d.answers) = (0x8183, Vec::new());
    });
    table.reply("nothing at all", Expect::Unknown, |d, _| (d.flags, d.answers) = (0x8180, Vec::new()));
}

fn answers(table: &mut Table) {
    let missing = Expect::Wrong(&["alias-path-differs", "host-missing"]);
    table.reply("it denies with authority", missing, |d, _| {
        (d.flags, d.answers) = (0x8583, Vec::new());
        d.authority.push(record(&dotted("contoso.test"), SOA, IN, 3600, &soa()));
    });
    table.reply("it has no address, with authority", missing, |d, _| d.answers.clear());
    for (what, class) in [("CH", CH), ("HS", 4), ("ANY", 255)] {
        table.reply(format!("nothing but an address of class {what}"), Expect::Unknown, move |d, _| {
            d.answers = vec![record(ASKED, A, class, 1200, &RIGHT)];
        });
    }
    for (what, rtype, rdata) in
        [("TXT", TXT, &b"\x02hi"[..]), ("NULL", 10, &[1]), ("TYPE65281", 65_281, &[203, 0, 113, 2])]
    {
        table.reply(format!("nothing but {what}"), Expect::Unknown, move |d, _| {
            d.answers = vec![record(ASKED, rtype, IN, 1200, rdata)];
        });
    }
    let cname = |from: &[u8], to: &[u8]| record(from, CNAME, IN, 600, to);
    table.reply("an alias to itself", Expect::Unknown, move |d, _| d.answers = vec![cname(ASKED, ASKED)]);
    table.reply("an alias and back", Expect::Unknown, move |d, _| {
        d.answers = vec![cname(ASKED, &dotted("x.test")), cname(&dotted("x.test"), ASKED)];
    });
    table.reply("a chain of 40 aliases", Expect::Unknown, move |d, _| {
        let hop = |n: usize| dotted(&format!("h{n}.test"));
        d.answers = vec![cname(ASKED, &hop(0))];
        d.answers.extend((0..40).map(|n| cname(&hop(n), &hop(n + 1))));
        d.answers.push(record(&hop(40), A, IN, 1200, &RIGHT));
    });
    table.reply("a chain of aliases, backwards", Expect::Right, move |d, _| {
        let hop = |n: usize| dotted(&format!("h{n}.test"));
        d.answers = vec![record(&hop(2), A, IN, 1200, &RIGHT), cname(&hop(1), &hop(2)), cname(&hop(0), &hop(1))];
        d.answers.push(cname(ASKED, &hop(0)));
    });
}

fn aliases(table: &mut Table) {
    let cname = |to: &[u8]| record(ASKED, CNAME, IN, 600, to);
    let host = || dotted("dc2.contoso.test");
    table.alias("alias: right", Expect::Right, move |d, _| d.answers = vec![cname(&host())]);
    table.alias("alias: in capitals", Expect::Right, move |d, _| d.answers = vec![cname(&dotted("DC2.CONTOSO.TEST"))]);
    table.alias("alias: twice", Expect::Right, move |d, _| d.answers = vec![cname(&host()); 2]);
    table.alias("alias: a negative TTL", Expect::Wrong(&["ttl-unusual"]), move |d, _| {
        d.answers = vec![record(ASKED, CNAME, IN, 0xffff_ffff, &host())];
    });
    table.alias("alias: an address of its target that is not asked for", Expect::Right, move |d, query| {
        d.answers = vec![cname(&host())];
        if question(query).ends_with(&[0, 5, 0, 1]) {
            d.answers.push(record(&dotted("dc1.contoso.test"), A, IN, 1200, &[203, 0, 113, 66]));
        }
    });
    table.alias("alias: of class CH alone", Expect::Unknown, move |d, _| {
        d.answers = vec![record(ASKED, CNAME, CH, 600, &host())];
    });
    table.alias("alias: of another DC alone", Expect::Unknown, move |d, _| {
        let other = dotted("00000001-0000-4000-8000-000000000000._msdcs.contoso.test");
        d.answers = vec![record(&other, CNAME, IN, 600, &host())];
    });
    table.alias("alias: to another DC", Expect::Wrong(&["alias-wrong-target"]), move |d, _| {
        d.answers = vec![cname(&dotted("dc1.contoso.test"))];
    });
    // The server does not know where that leads.
    table.alias("alias: to itself", Expect::Unknown, move |d, _| d.answers = vec![cname(ASKED)]);
    for (what, to) in
        [("another forest", dotted("dc2.contoso.evil")), ("a name with a dot inside", name(&[b"dc2.contoso", b"test"]))]
    {
        table.alias(format!("alias: to {what}"), Expect::Unknown, move |d, _| d.answers = vec![cname(&to)]);
    }
    for (what, to) in [
        ("the root", vec![0]),
        ("a name with a NUL", name(&[b"dc2\0", b"contoso", b"test"])),
        ("a name that is no ASCII", name(&[b"dc2\xc3\xa4", b"contoso", b"test"])),
        ("a name with escapes of a terminal", name(&[b"\x1b[2Jdc2", b"contoso", b"test"])),
    ] {
        table.alias(format!("alias: to {what}"), Expect::Wrong(&["alias-dangling"]), move |d, _| {
            d.answers = vec![cname(&to)];
        });
    }
    for code in [1, 2, 4, 5, 9] {
        table.alias(format!("alias: response code {code}"), Expect::Unknown, move |d, _| d.flags = 0x8180 | code);
    }
    table.alias("alias: an empty reply without authority", Expect::Unknown, |d, _| d.flags = 0x8180);
}

fn edns(table: &mut Table) {
    let opt = |size: u16, ttl: u32, options: &[u8]| record(&[0], OPT, size, ttl, options);
    for size in [0, 511, 512, 4096, 65_535] {
        table
            .reply(format!("EDNS with {size} octets"), Expect::Right, move |d, _| d.additional.push(opt(size, 0, &[])));
    }
    table.reply("EDNS with an unknown option", Expect::Right, move |d, _| {
        d.additional.push(opt(1232, 0, &[0xff, 0xfe, 0, 3, 1, 2, 3]));
    });
    table.reply("EDNS with DO", Expect::Right, move |d, _| d.additional.push(opt(1232, 0x8000, &[])));
    table.reply("EDNS of version 1", Expect::Right, move |d, _| d.additional.push(opt(1232, 0x0001_0000, &[])));
    for (code, high) in [(16, 1u32), (23, 1), (4095, 255)] {
        table.reply(format!("extended response code {code}"), Expect::Unknown, move |d, _| {
            d.flags |= code & 15;
            d.additional.push(opt(1232, high << 24, &[]));
        });
    }
    table.malformed("EDNS twice", move |d, _| d.additional = vec![opt(1232, 0, &[]), opt(512, 0, &[])]);
    table.malformed("EDNS whose option is longer than it", move |d, _| {
        d.additional.push(opt(1232, 0, &[0, 1, 0, 99, 1]))
    });
    table.malformed("EDNS of a name", move |d, _| d.additional.push(record(ASKED, OPT, 1232, 0, &[])));
}

fn connections(table: &mut Table) {
    let carry = |carry: fn(&[u8], Behind) -> Option<Vec<u8>>| -> Option<Carry> { Some(Arc::new(carry)) };
    let honest = || carry(|query, behind| Some(framed(&behind.ask_tcp(query))));
    let plain = |_: &mut Draft, _: &[u8]| ();
    let cut = Expect::Wrong(&["server-truncates-without-tcp"]);
    table.tcp("the truth", Expect::Right, plain, honest());
    table.tcp("with a wrong record", Expect::Right, |d, _| d.answers = vec![a([203, 0, 113, 66])], honest());
    table.tcp("with half a record", Expect::Right, |d, _| d.answers = vec![a(RIGHT)[..9].to_vec()], honest());
    table.tcp("with garbage", Expect::Right, |d, _| d.tail = vec![0xc0; 300], honest());
    table.tcp(
        "with counts of what is not there",
        Expect::Right,
        |d, _| d.counts = [None, Some(9), Some(9), Some(9)],
        honest(),
    );
    table.tcp("with NXDOMAIN", Expect::Right, |d, _| d.flags |= 3, honest());
    table.tcp("nobody listens", cut, plain, None);
    table.tcp("nobody listens, with a wrong record", cut, |d, _| d.answers = vec![a([203, 0, 113, 66])], None);
    table.tcp("closed at once", cut, plain, carry(|_, _| None));
    table.tcp(
        "cut again",
        Expect::Right,
        plain,
        carry(|query, behind| {
            let mut reply = behind.ask_tcp(query);
            reply[2] |= 2;
            Some(framed(&reply))
        }),
    );
    table.tcp(
        "a message of no octets first",
        Expect::Right,
        plain,
        carry(|query, behind| Some([vec![0, 0], framed(&behind.ask_tcp(query))].concat())),
    );
    table.tcp(
        "a message of one octet first",
        Expect::Right,
        plain,
        carry(|query, behind| Some([vec![0, 1, 9], framed(&behind.ask_tcp(query))].concat())),
    );
    table.tcp(
        "the question itself first",
        Expect::Right,
        plain,
        carry(|query, behind| Some([framed(query), framed(&behind.ask_tcp(query))].concat())),
    );
    table.tcp(
        "another id first",
        Expect::Right,
        plain,
        carry(|query, behind| {
            let truth = behind.ask_tcp(query);
            let mut lie = Draft::new(query, &[a([203, 0, 113, 66])]).octets(query);
            lie[0] ^= 0x55;
            Some([framed(&lie), framed(&truth)].concat())
        }),
    );
    table.tcp(
        "a malformed reply first",
        Expect::Right,
        plain,
        carry(|query, behind| {
            let mut lie = Draft::new(query, &[a([203, 0, 113, 66])]).octets(query);
            lie.truncate(lie.len() - 3);
            Some([framed(&lie), framed(&behind.ask_tcp(query))].concat())
        }),
    );
    table.tcp("twice", Expect::Right, plain, carry(|query, behind| Some(framed(&behind.ask_tcp(query)).repeat(2))));
    table.tcp(
        "shorter than it says",
        cut,
        plain,
        carry(|query, behind| {
            let mut reply = framed(&behind.ask_tcp(query));
            reply[1] += 20;
            Some(reply)
        }),
    );
    table.tcp(
        "longer than it says",
        cut,
        plain,
        carry(|query, behind| {
            let mut reply = framed(&behind.ask_tcp(query));
            reply[1] -= 10;
            Some(reply)
        }),
    );
    table.tcp(
        "65,535 octets announced",
        cut,
        plain,
        carry(|query, behind| Some([&[0xff, 0xff][..], &behind.ask_tcp(query)].concat())),
    );
    table.tcp("without a length", cut, plain, carry(|query, behind| Some(behind.ask_tcp(query))));
    table.tcp("text of another protocol", cut, plain, carry(|_, _| Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())));
}
