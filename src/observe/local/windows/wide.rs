//! Text as Windows has it: UTF-16 that ends with a zero.

/// The text before the first zero. Half a surrogate pair becomes a replacement character.
pub(super) fn text(units: &[u16]) -> String {
    let end = units.iter().position(|&unit| unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..end])
}

/// A text as Windows wants it. What stands behind a zero is left out, as Windows itself would.
pub(super) fn terminated(text: &str) -> Vec<u16> {
    text.encode_utf16().take_while(|&unit| unit != 0).chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_there_and_back() {
        for sample in ["", "Ethernet 2", "Büro-Netz", "線\u{1f310}"] {
            assert_eq!(text(&terminated(sample)), sample);
        }
        assert_eq!(terminated("a\0b"), [97, 0]);
    }

    #[test]
    fn a_text_ends_with_the_first_zero_or_the_buffer() {
        assert_eq!(text(&[97, 0, 98]), "a");
        assert_eq!(text(&[97, 98]), "ab");
        assert_eq!(text(&[97, 0xd800, 98]), "a\u{fffd}b");
    }
}
