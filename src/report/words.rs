//! Numbers as people read them, and text from outside made fit for a line.

use super::look::Look;
use crate::model::{call::Basis, result::SpendReport, secret, text};

/// At most so many characters of somebody else's text stand in one line.
const LONGEST: usize = 400;

/// A length of time: `0.4 s`, `41 s`, `2 min 5 s`, `1 h 10 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..=9 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long ago something was, in its largest unit: `12 s`, `5 min`, `3 h`, `9 d`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        3600..=86_399 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A moment, from seconds since 1970; `None` for what is no date.
pub fn moment(seconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// So many things: `1 file`, `3 files`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// So many things whose plural has a word of its own: `1 retry`, `3 retries`.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What a run cost, and who pays. What nobody told is a range up to what is charged for it.
pub fn spend(spend: &SpendReport, look: Look) -> String {
    if spend.calls == 0 {
        return "nothing spent".to_owned();
    }
    let dollars = match spend.usd_known {
        Some(known) if spend.calls_unknown == 0 => known.to_string(),
        Some(known) => format!("{known} to {}", spend.usd_charged),
        None => format!("at most {}", spend.usd_charged),
    };
    match spend.basis {
        Basis::Plan => format!("{} {dollars} at list price, inside your plan", look.about()),
        Basis::Overage => format!("{dollars} beyond your plan"),
        Basis::Api | Basis::Unknown => dollars,
    }
}

/// A session, short enough to be typed: the last four letters of its id name it.
pub fn short(session: &str) -> &str {
    session.char_indices().rev().nth(3).map_or(session, |(at, _)| &session[at..])
}

/// The first line of somebody else's text, inert.
pub fn first_line(words: &str, look: Look) -> String {
    let mut lines = words.trim().lines();
    let first = lines.next().unwrap_or_default();
    let (kept, cut) = start(first);
    let more = cut || lines.any(|line| !line.trim().is_empty());
    let shown = text::sanitize_line(&kept).replace('\u{2409}', " ");
    if more { format!("{shown} {}", look.ellipsis()) } else { shown }
}

/// The start of a line that is short enough to be shown, and whether there is more. Secrets go
/// first: half of one would no longer look like one.
fn start(line: &str) -> (String, bool) {
    /// So much more is looked at, for the secret that begins before the end.
    const AHEAD: usize = 1000;
    let seen = line.char_indices().nth(LONGEST + AHEAD).map_or(line, |(at, _)| &line[..at]);
    let shown = secret::redact(seen);
    let kept: String = shown.chars().take(LONGEST).collect();
    let cut = kept.len() < shown.len() || seen.len() < line.len();
    (kept, cut)
}

/// Somebody else's text, inert, with its line breaks; long ones are cut in the middle, because the
/// end of a program's output says as much as its beginning.
pub fn block(words: &str, lines: usize, look: Look) -> String {
    let words = secret::redact(words.trim());
    let all: Vec<&str> = words.lines().collect();
    let left_out = all.len().saturating_sub(lines);
    let shown: Vec<String> = if left_out == 0 {
        all.iter().map(|line| line_of(line, look)).collect()
    } else {
        let head = lines / 2;
        let tail = all.len() - (lines - head);
        let note = format!("{} {left_out} lines left out", look.ellipsis());
        all[..head]
            .iter()
            .map(|line| line_of(line, look))
            .chain(std::iter::once(note))
            .chain(all[tail..].iter().map(|line| line_of(line, look)))
            .collect()
    };
    shown.join("\n")
}

fn line_of(line: &str, look: Look) -> String {
    let (kept, cut) = start(line);
    let shown = text::sanitize_line(&kept).replace('\u{2409}', "    ");
    if cut { format!("{shown} {}", look.ellipsis()) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let rows = [
            (0, "0.0 s"),
            (449, "0.4 s"),
            (9_999, "9.9 s"),
            (41_000, "41 s"),
            (125_000, "2 min 5 s"),
            (4_200_000, "1 h 10 min"),
        ];
        for (ms, expected) in rows {
            assert_eq!(duration(ms), expected);
        }
    }

    #[test]
    fn sessions_are_named_by_four_letters() {
        assert_eq!(short("20261120-101500-abcd"), "abcd");
        assert_eq!(short("abc"), "abc");
    }

    #[test]
    fn texts_are_cut_where_it_costs_least() {
        let look = Look::PLAIN;
        assert_eq!(first_line("  one\ttab\nmore", look), "one tab …");
        assert_eq!(first_line("one\n\n", look), "one");
        let ten: Vec<String> = (1..=10).map(|n| format!("line {n}")).collect();
        assert_eq!(
            block(&ten.join("\n"), 4, look),
            "line 1\nline 2\n… 6 lines left out\nline 9\nline 10"
        );
        assert_eq!(block("a\r\nb\rc", 4, look), "a\nb␍c");
        assert!(first_line(&"x".repeat(1000), look).chars().count() < 410);
    }
}
