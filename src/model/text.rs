//! Makes text from outside safe to show.
//!
//! Skills, repositories, models and hooks are untrusted: what they say is shown, but it must not
//! move the cursor, recolor a verdict, or hide a part of itself. Each character that could do so
//! becomes exactly one visible character, so columns in an error message stay right.

use std::borrow::Cow;

/// The text with every dangerous character made visible; line breaks and tabs stay.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    replace(text, |at| matches!(at, '\n' | '\t'))
}

/// The text as one line: as [`sanitize`], and line breaks and tabs are made visible too.
pub fn sanitize_line(text: &str) -> Cow<'_, str> {
    replace(text, |_| false)
}

/// Whether a character shows nothing by itself but changes what a reader sees or a model reads:
/// controls, bidirectional overrides, zero-width characters and the Unicode tag block.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn replace(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmless = |c: char| !is_hidden(c) || keep(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut characters = text.chars().peekable();
    let mut before = '\0';
    while let Some(character) = characters.next() {
        let ends_line = character == '\r' && characters.peek() == Some(&'\n') && keep('\n');
        if harmless(character) || joins(before, character) {
            shown.push(character);
        } else if !ends_line {
            shown.push(picture(character));
        }
        before = character;
    }
    Cow::Owned(shown)
}

/// Whether a joiner is part of the spelling: after emoji, and in Arabic and Indic scripts.
pub fn joins(before: char, character: char) -> bool {
    match character {
        '\u{200d}' => matches!(before,
            '\u{600}'..='\u{dff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}'),
        '\u{200c}' => matches!(before, '\u{600}'..='\u{dff}'),
        _ => false,
    }
}

/// One visible character that stands for an invisible one.
fn picture(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dangerous_characters_become_visible() {
        let rows = [
            ("plain text", "plain text", "plain text"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab", "two␊lines␉and a tab"),
            ("dos\r\nline", "dos\nline", "dos␍␊line"),
            ("over\rwrite", "over␍write", "over␍write"),
            ("\x1b[2Jgone\x07", "␛[2Jgone␇", "␛[2Jgone␇"),
            ("c1 \u{9b}31m", "c1 \u{fffd}31m", "c1 \u{fffd}31m"),
            ("rtl \u{202e}txt.exe", "rtl \u{fffd}txt.exe", "rtl \u{fffd}txt.exe"),
            ("zero\u{200b}width", "zero\u{fffd}width", "zero\u{fffd}width"),
            ("tag\u{e0041}s", "tag\u{fffd}s", "tag\u{fffd}s"),
            ("back\x08space\x7f", "back␈space␡", "back␈space␡"),
            (
                "👩\u{200d}🚀 می\u{200c}خواهم",
                "👩\u{200d}🚀 می\u{200c}خواهم",
                "👩\u{200d}🚀 می\u{200c}خواهم",
            ),
            ("a\u{200d}b", "a\u{fffd}b", "a\u{fffd}b"),
        ];
        for (given, many, one) in rows {
            assert_eq!(sanitize(given), many, "{given:?}");
            assert_eq!(sanitize_line(given), one, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_keeps_its_columns_and_no_control(text in any::<String>()) {
            let shown = sanitize_line(&text);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert!(!shown.chars().any(char::is_control));
            let inert = !sanitize(&text).contains(['\r', '\x1b', '\u{202e}', '\u{9b}']);
            prop_assert!(inert);
        }
    }
}
