//! Folds lines to the width of a terminal.

use unicode_width::UnicodeWidthStr as _;

/// Narrower than this nothing can be read, folded or not.
const NARROWEST: usize = 20;

/// The columns that a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Folds text that begins after `indent` columns; later lines begin there too. What stands in
/// backticks is never broken, so that a command can be copied.
pub fn text(text: &str, width: Option<u16>, indent: usize) -> String {
    let Some(width) = width.map(|width| usize::from(width).max(NARROWEST)) else {
        return indented(text, indent);
    };
    let mut folded = String::with_capacity(text.len());
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            begin_line(&mut folded, indent);
        }
        let mut used = indent;
        for word in words(line) {
            let wide = columns(word);
            if used > indent && used + wide.max(1) > width {
                folded.truncate(folded.trim_end_matches(' ').len());
                begin_line(&mut folded, indent);
                used = indent;
            }
            folded.push_str(word);
            folded.push(' ');
            used += wide + 1;
        }
        folded.truncate(folded.trim_end_matches(' ').len());
    }
    folded
}

/// Joins parts by a separator, on as many lines as they need; later lines stand further in. Only a
/// part that is wider than a line is broken itself.
pub fn parts(parts: &[String], separator: &str, width: Option<u16>) -> String {
    const INDENT: usize = 2;
    let room = width.map_or(usize::MAX, |width| usize::from(width).max(NARROWEST));
    let mut folded = String::new();
    let mut used = 0;
    for (place, part) in parts.iter().enumerate() {
        let last = place + 1 == parts.len();
        let wide = columns(part) + if last { 0 } else { columns(separator.trim_end()) };
        if !folded.is_empty() && used + columns(separator) + wide <= room {
            folded.push_str(separator);
            used += columns(separator);
        } else if !folded.is_empty() {
            folded.push_str(separator.trim_end());
            begin_line(&mut folded, INDENT);
            used = INDENT;
        }
        if used + wide <= room {
            folded.push_str(part);
            used += columns(part);
        } else {
            folded.push_str(&text(part, width, INDENT));
            used = folded.rsplit('\n').next().map_or(0, columns);
        }
    }
    folded
}

/// The text cut to so many columns, and marked where it is.
pub fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(columns(ellipsis));
    let mut kept = 0;
    for (at, character) in text.char_indices() {
        if columns(&text[..at + character.len_utf8()]) > room {
            break;
        }
        kept = at + character.len_utf8();
    }
    format!("{}{ellipsis}", &text[..kept])
}

fn indented(text: &str, indent: usize) -> String {
    let mut folded = String::with_capacity(text.len());
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            begin_line(&mut folded, indent);
        }
        folded.push_str(line);
    }
    folded
}

fn begin_line(folded: &mut String, indent: usize) {
    folded.push('\n');
    folded.extend(std::iter::repeat_n(' ', indent));
}

/// Words, where a pair of backticks and what is between them is one.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(at, character)| {
                if *character == '`' {
                    // A lone backtick quotes nothing.
                    quoted = !quoted && rest[at + 1..].contains('`');
                }
                *character == ' ' && !quoted
            })
            .map_or(rest.len(), |(at, _)| at);
        let word = &rest[..end];
        rest = &rest[end..];
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_folded_between_words() {
        let rows = [
            ("one two three four five", None, 2, "one two three four five"),
            ("one two three four five", Some(20), 2, "one two three four\n  five"),
            (
                "go on with `atlas resume abcd --x 1`",
                Some(20),
                2,
                "go on with\n  `atlas resume abcd --x 1`",
            ),
            ("a lone ` quotes nothing at all", Some(20), 0, "a lone ` quotes\nnothing at all"),
            ("日本語の文 日本語の文", Some(20), 0, "日本語の文\n日本語の文"),
            ("two\nlines", Some(80), 4, "two\n    lines"),
            ("two\nlines", None, 4, "two\n    lines"),
            ("", Some(20), 2, ""),
        ];
        for (given, width, indent, expected) in rows {
            assert_eq!(text(given, width, indent), expected, "{given:?}");
        }
    }

    #[test]
    fn parts_stay_whole() {
        let given = ["rejected".to_owned(), "3 of 3 checks".to_owned(), "$0.06".to_owned()];
        assert_eq!(parts(&given, " · ", None), "rejected · 3 of 3 checks · $0.06");
        assert_eq!(parts(&given, " · ", Some(26)), "rejected · 3 of 3 checks ·\n  $0.06");
        let long = ["passed, checked by nobody".to_owned(), "$0.06".to_owned()];
        assert_eq!(parts(&long, " · ", Some(20)), "passed, checked by\n  nobody · $0.06");
    }

    #[test]
    fn cutting_is_marked() {
        let rows =
            [("short", 5, "short"), ("longer", 5, "long…"), ("日本語", 5, "日本…"), ("x", 0, "…")];
        for (given, width, expected) in rows {
            assert_eq!(cut(given, width, "…"), expected, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_loses_no_word(given in "[a-z` \n]{0,80}", width in 0u16..40, indent in 0usize..9) {
            let folded = text(&given, Some(width), indent);
            let before: Vec<&str> = given.split_whitespace().collect();
            let after: Vec<&str> = folded.split_whitespace().collect();
            prop_assert_eq!(before, after);
        }
    }
}
