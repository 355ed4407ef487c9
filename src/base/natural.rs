//! The order of names as people read them: dc2 before dc10.

use std::cmp::Ordering;

/// Compares two names, runs of ASCII digits as the numbers that they are. A total order: names that read the same (`dc2`
/// and `dc02`) are told apart by their characters.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (left, right) = (a.as_bytes(), b.as_bytes());
    let mut common = left.iter().zip(right).take_while(|(x, y)| x == y).count();
    // The number that is being read where they part begins before.
    while common > 0 && left[common - 1].is_ascii_digit() {
        common -= 1;
    }
    by_piece(&left[common..], &right[common..]).then_with(|| a.cmp(b))
}

/// A name that is sorted so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Natural<'a>(pub &'a str);

impl Ord for Natural<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

impl PartialOrd for Natural<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Number by number and octet by octet. A number stands where its first digit does among other octets.
fn by_piece(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            // However many digits there are, they need not fit an integer.
            let (one, other) = (number(&mut a), number(&mut b));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            (a, b) = (&a[1..], &b[1..]);
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Takes the digits that stand first, and gives them without leading zeros.
fn number<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|octet| !octet.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at(end);
    *rest = behind;
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_in_the_order_that_people_expect() {
        let names = [
            "",
            "0",
            "00",
            "1",
            "10.0.0.9",
            "10.0.0.10",
            "100000000000000000000000000000",
            "dc",
            "dc-1",
            "dc1",
            "dc1.contoso.com",
            "dc1a",
            "dc02",
            "dc2",
            "dc2.contoso.com",
            "dc9",
            "dc10",
            "dc010a",
            "dc10a",
            "dc18446744073709551615",
            "dc18446744073709551616",
            "dcx",
            "dc\u{661}",
        ];
        let mut sorted = names;
        sorted.reverse();
        sorted.sort_by(|a, b| compare(a, b));
        assert_eq!(sorted, names);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_total_order(a in "[019a.ü]{0,5}", b in "[019a.ü]{0,5}", c in "[019a.ü]{0,5}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
            prop_assert_eq!(Natural(&a).cmp(&Natural(&b)), compare(&a, &b));
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|x, y| compare(x, y));
            prop_assert!(compare(sorted[0], sorted[2]).is_le(), "{:?}", sorted);
            prop_assert!(sorted.windows(2).all(|pair| compare(pair[0], pair[1]).is_le()), "{:?}", sorted);
            // Transitive, whatever sorting made of it.
            prop_assert!(compare(&a, &b).is_gt() || compare(&b, &c).is_gt() || compare(&a, &c).is_le());
        }

        #[test]
        fn what_they_begin_with_changes_nothing(prefix in "[a-z.]{0,4}", a in 0..2000u32, b in 0..2000u32) {
            prop_assert_eq!(compare(&format!("{prefix}{a}.x"), &format!("{prefix}{b}.x")), a.cmp(&b));
        }

        #[test]
        fn foreign_names_are_no_trouble(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        }
    }
}
