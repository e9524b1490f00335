use snapbox::{assert_data_eq, str};

use super::*;

fn log(subjects: &[&str]) -> CommitStyle {
    CommitStyle::of(&subjects.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn check(style: &CommitStyle, rows: &[(&str, &[&str])]) {
    for (message, expected) in rows {
        let faults = style.faults(message);
        assert_eq!(faults.len(), expected.len(), "{message:?}: {faults:?}");
        for (fault, part) in faults.iter().zip(*expected) {
            assert!(fault.contains(part), "{message:?}: {fault} holds no {part:?}");
        }
    }
}

const CONVENTIONAL: [&str; 8] = [
    "feat(cli): add a flag",
    "fix: take an empty list",
    "docs: say what a base is",
    "Merge branch 'x'",
    "deps: bump serde",
    "deps: bump tokio\n\nA body that is wrapped where bodies are wrapped.\n",
    "fix!: drop the old format",
    "Release 1.2",
];

#[test]
fn a_log_of_kinds_asks_for_a_kind() {
    let style = log(&CONVENTIONAL);
    check(
        &style,
        &[
            ("fix(parser): take a trailing comma", &[]),
            ("deps: bump clap", &[]),
            ("fix: README says it", &[]),
            ("take a trailing comma", &["kind of change"]),
            ("parser: take a trailing comma", &["one of build, chore"]),
            ("fix: Add a comma", &["small letter"]),
            ("fix: Serde takes a comma", &[]),
            ("fix: take a comma.", &["without a period"]),
            ("", &["no message"]),
        ],
    );
}

#[test]
fn a_log_of_areas_or_of_sentences_asks_for_the_same() {
    let areas =
        log(&["net/http: fix x", "cmd/go: add y", "io, os: use z", "sys: move a", "a.b: c"]);
    check(
        &areas,
        &[
            ("store: keep it", &[]),
            ("Keep it", &["part that changes", "small letter"]),
            ("x: Fix it", &["small"]),
        ],
    );

    let sentences = log(&["Add x.", "Fix y.", "Move z.", "Drop a.", "Use b.", "Show c."]);
    check(
        &sentences,
        &[
            ("Keep it.", &[]),
            ("keep it", &["capital", "ends with a period"]),
            ("feat: Keep it.", &["no prefix such as `feat:`"]),
            ("`atlas run` keeps it.", &[]),
        ],
    );
}

#[test]
fn a_short_log_asks_only_for_what_git_needs() {
    let style = log(&["first"]);
    let long = "a".repeat(73);
    let wide = format!("Subject\n\nword {}", "b".repeat(70));
    let address = format!("Subject\n\nSee\nhttps://example.com/{}", "b".repeat(70));
    check(
        &style,
        &[
            ("Anything: goes\n\nA body.", &[]),
            (&long, &["73 characters, at most 72"]),
            (&wide, &["75 characters, at most 72"]),
            (&address, &[]),
            ("Subject\nbody", &["empty line"]),
            ("```\nSubject\n```", &["fence", "empty line"]),
            ("\"Subject\"", &["quotation marks"]),
            ("Mend it\n\n#12 says more", &["begins with `#`"]),
            ("Mend it\n\nMore is said in\n#12", &["begins with `#`"]),
            ("Mend #12\n\nMore is said in #12", &[]),
            ("`run` and `list` agree", &[]),
            ("# Subject", &["comment"]),
            ("Subject\n\nSigned-off-by: Ada <ada@example.com>", &["for people to give"]),
        ],
    );
}

#[test]
fn the_log_decides_how_long_a_line_may_be() {
    let subject = format!("Say {}", "x".repeat(86));
    let body = format!("{subject}\n\nword {}", "y".repeat(300));
    let style = log(&[body.as_str(); 6]);
    check(
        &style,
        &[
            (&subject, &[]),
            (&body, &[]),
            (&format!("Say {}", "x".repeat(90)), &["94 characters, at most 90"]),
        ],
    );
    let endless = log(&["Say ".repeat(100).as_str(); 6]);
    check(&endless, &[(&"Say ".repeat(31), &["123 characters, at most 120"])]);
}

#[test]
fn customs_are_told_in_words() {
    assert_data_eq!(
        log(&CONVENTIONAL).to_string(),
        str![[r#"
How the last 7 messages of this repository are written:
- The subject begins with the kind of change, a scope in parentheses where the log has one, and a colon. Kinds: build, chore, ci, docs, feat, fix, perf, refactor, revert, style, test, deps.
- Its words begin with a small letter.
- It ends without a period.
- It has at most 72 characters.
- The body is wrapped at 72 characters.
- 1 of 7 messages have a body.

The last subjects:
  feat(cli): add a flag
  fix: take an empty list
  docs: say what a base is
  deps: bump serde
  deps: bump tokio
  fix!: drop the old format
  Release 1.2

"#]]
    );
    assert_data_eq!(
        log(&[]).to_string(),
        str![[r#"
The log is too short to show how messages are written here.
- It ends without a period.
- It has at most 72 characters.
- The body is wrapped at 72 characters.

"#]]
    );
}
