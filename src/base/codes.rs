//! Win32 error codes and event numbers that name the consequences of a wrong locator record.
//!
//! The table is what `guidpost explain NUMBER` prints, and where renderers find the meaning of a predicted number.
//! Which rules speak of a number is not written here: it follows from [`crate::findings::Rule::predicts`].

mod errors;
mod events;
mod samba;

/// DNS lookup failure of the source's alias (ERROR_DS_DNS_LOOKUP_FAILURE).
pub const DNS_LOOKUP_FAILURE: i64 = 8524;
/// No DRSUAPI in the endpoint mapper of the machine that was reached (EPT_S_NOT_REGISTERED, 0x6D9).
pub const ENDPOINT_NOT_REGISTERED: i64 = 1753;
/// The machine that was reached cannot decrypt the ticket (SEC_E_WRONG_PRINCIPAL, 0x80090322).
pub const WRONG_PRINCIPAL: i64 = -2_146_893_022;
/// Nothing answers RPC at the address (RPC_S_SERVER_UNAVAILABLE).
pub const RPC_UNAVAILABLE: i64 = 1722;
/// The target account name is incorrect (ERROR_WRONG_TARGET_NAME).
pub const WRONG_TARGET_NAME: i64 = 1396;
/// A name that was given for replication belongs to no object (ERROR_DS_DRA_BAD_DN).
pub const BAD_DN: i64 = 8439;
/// What Samba says where a DC has no NTDS Settings object of its own (WERR_NOT_ENOUGH_MEMORY).
pub const NOT_ENOUGH_MEMORY: i64 = 8;
/// What follows where a DC has lost its NTDS Settings object.
pub const WITHOUT_SETTINGS: [i64; 3] = [BAD_DN, NOT_ENOUGH_MEMORY, RPC_UNAVAILABLE];
/// DNS Server event: a DC's changed address could not be pushed to its partners.
pub const EVENT_ADDRESS_NOT_PUSHED: i64 = 6702;

/// Where a number is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Win32 error of a Windows destination (`repadmin /showrepl`, event texts).
    Error,
    /// A Windows event.
    Event {
        /// The log that holds it.
        log: &'static str,
        /// The component that writes it.
        source: &'static str,
    },
    /// A code that only a Samba destination reports for these causes (`samba-tool drs showrepl`).
    Samba,
}

/// One step of a procedure.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What to do.
    pub text: &'static str,
    /// Commands to copy; words in capitals are to be replaced by the reader, `{only}` by [`Step::command_lines`].
    pub commands: &'static [&'static str],
}

impl Step {
    /// The commands, with ` --only …` and these rules where a command is about the rules that speak of the number.
    pub fn command_lines(&self, rules: &[&str]) -> impl Iterator<Item = String> {
        let only = if rules.is_empty() { String::new() } else { format!(" --only {}", rules.join(",")) };
        self.commands.iter().map(move |command| command.replace("{only}", &only))
    }
}

/// One error or event number.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The number as Windows prints it in decimal.
    pub number: i64,
    /// Its symbol, empty for events.
    pub symbol: &'static str,
    /// Where it is met.
    pub kind: Kind,
    /// The meaning in a few words, for one line of a report.
    pub short: &'static str,
    /// The meaning in one or a few sentences.
    pub meaning: &'static str,
    /// What leads to it, as it looks from outside.
    pub causes: &'static [&'static str],
    /// What to do about it, in order.
    pub steps: &'static [Step],
    /// What Samba reports for the same cause.
    pub samba: &'static str,
    /// Numbers that are met together with it.
    pub kin: &'static [i64],
    /// Other numbers for the very same condition, in other protocols' counting.
    pub also: &'static [i64],
    /// Where it is documented.
    pub references: &'static [&'static str],
}

impl Code {
    /// The number in hexadecimal, as Windows prints it (HRESULTs in their unsigned form).
    pub fn hex(&self) -> String {
        // The table holds 32-bit numbers only (a test says so), so the mask loses nothing but the sign extension.
        format!("0x{:X}", self.number & 0xFFFF_FFFF)
    }

    /// `error 1753` or `event 6702`.
    pub fn title(&self) -> String {
        let word = match self.kind {
            Kind::Error | Kind::Samba => "error",
            Kind::Event { .. } => "event",
        };
        format!("{word} {}", self.number)
    }
}

/// All known numbers: Win32 errors, then events, then Samba's own.
pub fn all() -> impl Iterator<Item = &'static Code> {
    errors::TABLE.iter().chain(events::TABLE).chain(samba::TABLE)
}

/// The entry of a number.
pub fn find(number: i64) -> Option<&'static Code> {
    all().find(|code| code.number == number || code.also.contains(&number))
}

/// Reads a number as people paste it: decimal, hexadecimal in any case, negative or unsigned HRESULT, with `error`,
/// `event`, `code` or `id` in front. `None` if it is no number.
pub fn parse_number(text: &str) -> Option<i64> {
    const PREFIXES: [&str; 8] = ["win32", "error", "event", "code", "id", "#", ":", "="];
    let mut rest = text.trim();
    while let Some(prefix) =
        PREFIXES.iter().find(|prefix| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
    {
        rest = rest[prefix.len()..].trim_start();
    }
    let (negative, digits) = match rest.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, rest),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    // Unsigned on purpose: it takes neither a sign nor blanks, and no number of interest needs more than 32 bits.
    let value = match hex {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
        None if !digits.starts_with('+') => digits.parse::<u32>().ok()?,
        _ => return None,
    };
    let value = i64::from(value);
    if negative {
        return Some(-value);
    }
    // A HRESULT has its top bit set; Windows prints the same value as a negative decimal.
    Some(if value > i64::from(i32::MAX) { value - (1 << 32) } else { value })
}

/// Finds what a person names: a number in any form, or a symbol.
pub fn lookup(text: &str) -> Option<&'static Code> {
    match parse_number(text) {
        Some(number) => find(number),
        None => all().find(|code| !code.symbol.is_empty() && code.symbol.eq_ignore_ascii_case(text.trim())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_read_in_every_form_that_tools_print() {
        for (text, number) in [
            ("8524", 8524),
            ("0x6D9", 1753),
            ("0X6d9", 1753),
            ("-2146893022", WRONG_PRINCIPAL),
            ("2148074274", WRONG_PRINCIPAL),
            ("0x80090322", WRONG_PRINCIPAL),
            ("event 2087", 2087),
            ("Event ID: 2087", 2087),
            ("error=1722", 1722),
            (" #1411 ", 1411),
        ] {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
        for text in ["", "event", "stale-address", "0x", "0xzz", "+5", "--5", "99999999999", "1 2", "0x+5"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }

    #[test]
    fn look_up_takes_symbols_and_the_counting_of_other_protocols() {
        assert_eq!(lookup("sec_e_wrong_principal").map(|code| code.number), Some(WRONG_PRINCIPAL));
        assert_eq!(lookup("0x16C9A0D6").map(|code| code.number), Some(ENDPOINT_NOT_REGISTERED));
        assert!(lookup("").is_none());
        assert!(lookup("424242").is_none());
    }

    #[test]
    fn the_table_is_complete_and_consistent() {
        let mut seen = BTreeSet::new();
        for code in all() {
            let number = code.number;
            assert!(i32::try_from(number).is_ok(), "{number} does not fit 32 bits");
            for number in code.also.iter().chain([&number]) {
                assert!(seen.insert(*number), "{number} stands twice");
            }
            assert!(code.short.len() <= 75, "{number}: {} is too long for one line", code.short);
            assert!(!code.meaning.is_empty() && !code.causes.is_empty() && !code.samba.is_empty(), "{number}");
            assert!(!code.steps.is_empty() && !code.references.is_empty(), "{number}");
            assert_eq!(code.symbol.is_empty(), matches!(code.kind, Kind::Event { .. }), "{number}");
            for kin in code.kin {
                assert!(find(*kin).is_some() && *kin != number, "{number} points to {kin}");
            }
            assert_eq!(lookup(&code.hex()).map(|found| found.number), Some(number));
        }
        for named in [
            DNS_LOOKUP_FAILURE,
            ENDPOINT_NOT_REGISTERED,
            WRONG_PRINCIPAL,
            RPC_UNAVAILABLE,
            WRONG_TARGET_NAME,
            BAD_DN,
            NOT_ENOUGH_MEMORY,
            EVENT_ADDRESS_NOT_PUSHED,
        ] {
            assert!(seen.contains(&named));
        }
    }
}
