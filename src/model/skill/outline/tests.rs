use std::fmt::Write as _;

use proptest::prelude::*;
use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;

fn show(text: &str) -> String {
    let outline = Outline::of(text);
    let mut shown = format!("header {:?}", &text[..outline.header_end]);
    for section in &outline.sections {
        let parent = section.parent.map(|parent| outline.sections[parent].label.as_str());
        let _ = write!(
            shown,
            "\n{} {} [{}] own {:?} under {}",
            "#".repeat(section.level.into()),
            section.label,
            section.slug,
            &text[section.own.clone()],
            parent.unwrap_or("-"),
        );
    }
    shown
}

fn check(rows: &[&str], expected: snapbox::data::Inline) {
    let shown: Vec<String> = rows.iter().map(|row| show(row)).collect();
    assert_data_eq!(shown.join("\n\n"), expected.raw());
}

#[test]
fn headings_cut_the_text() {
    check(
        &[
            "",
            "no heading\nat all",
            "# One\ntext\n## Two\nmore\n### Three\ndeep\n## Four\nend",
            "intro\n# One\na\n# Two\nb",
            "# Only\nall",
            "## First\nx",
            "Setext One\n===\na\n\nSetext Two\nin two lines\n---\nb\n",
            "### Deep first\na\n# Then high\nb\n#### Deeper\nc",
            "# Dos\r\ntext\r\n## Line\r\nmore\r\n",
            "   ## Indented ##\ntext\n #\n",
        ],
        str![[r#####"
header ""

header "no heading\nat all"

header "# One\ntext\n"
# One [one] own "# One\ntext\n" under -
## Two [two] own "## Two\nmore\n" under One
### Three [three] own "### Three\ndeep\n" under Two
## Four [four] own "## Four\nend" under One

header "intro\n# One\na\n"
# One [one] own "# One\na\n" under -
# Two [two] own "# Two\nb" under -

header "# Only\nall"
# Only [only] own "# Only\nall" under -

header ""
## First [first] own "## First\nx" under -

header "Setext One\n===\na\n\n"
# Setext One [setext-one] own "Setext One\n===\na\n\n" under -
## Setext Two in two lines [setext-two-in-two-lines] own "Setext Two\nin two lines\n---\nb\n" under Setext One

header "### Deep first\na\n"
### Deep first [deep-first] own "### Deep first\na\n" under -
# Then high [then-high] own "# Then high\nb\n" under -
#### Deeper [deeper] own "#### Deeper\nc" under Then high

header "# Dos\r\ntext\r\n"
# Dos [dos] own "# Dos\r\ntext\r\n" under -
## Line [line] own "## Line\r\nmore\r\n" under Dos

header ""
## Indented [indented] own "   ## Indented ##\ntext\n" under -
# Untitled [untitled] own " #\n" under -
"#####]],
    );
}

#[test]
fn what_only_looks_like_a_heading_is_text() {
    check(
        &[
            "# A\n```sh\n# comment\n## more\n```\n~~~\n## tilde\n~~~\nend",
            "# A\n```\n# never closed\n## at all\n",
            "# A\n<div>\n## html\n</div>\n\n<!--\n## comment\n-->\n## B\n",
            "# A\n- item\n\n  ## in a list\n\n> ## in a quote\n\n## B\n",
            "# A\n    ## indented code\n\ntext\n    ## lazy\n\n#hashtag\n####### seven\n",
            "# A\n\n[^1]: note\n\n    ## in a footnote\n\n| a |\n|---|\n| # |\n",
        ],
        str![[r###"
header "# A\n```sh\n# comment\n## more\n```\n~~~\n## tilde\n~~~\nend"
# A [a] own "# A\n```sh\n# comment\n## more\n```\n~~~\n## tilde\n~~~\nend" under -

header "# A\n```\n# never closed\n## at all\n"
# A [a] own "# A\n```\n# never closed\n## at all\n" under -

header "# A\n<div>\n## html\n</div>\n\n<!--\n## comment\n-->\n"
# A [a] own "# A\n<div>\n## html\n</div>\n\n<!--\n## comment\n-->\n" under -
## B [b] own "## B\n" under A

header "# A\n- item\n\n  ## in a list\n\n> ## in a quote\n\n"
# A [a] own "# A\n- item\n\n  ## in a list\n\n> ## in a quote\n\n" under -
## B [b] own "## B\n" under A

header "# A\n    ## indented code\n\ntext\n    ## lazy\n\n#hashtag\n####### seven\n"
# A [a] own "# A\n    ## indented code\n\ntext\n    ## lazy\n\n#hashtag\n####### seven\n" under -

header "# A\n\n[^1]: note\n\n    ## in a footnote\n\n| a |\n|---|\n| # |\n"
# A [a] own "# A\n\n[^1]: note\n\n    ## in a footnote\n\n| a |\n|---|\n| # |\n" under -
"###]],
    );
}

#[test]
fn titles_become_names() {
    check(
        &[
            "## Notes\n## notes\n## Notes (2)\n## Notes\n",
            "## `code` & *stress* [link](x)\n## 🚀 Start Ünïcode\n## 🚀\n## ✅\n##\n## a -- b_c!\n",
        ],
        str![[r###"
header ""
## Notes [notes] own "## Notes\n" under -
## notes (2) [notes-2] own "## notes\n" under -
## Notes (2) (2) [notes-2-2] own "## Notes (2)\n" under -
## Notes (3) [notes-3] own "## Notes\n" under -

header ""
## code & stress link [code-stress-link] own "## `code` & *stress* [link](x)\n" under -
## 🚀 Start Ünïcode [start-ünïcode] own "## 🚀 Start Ünïcode\n" under -
## 🚀 [section] own "## 🚀\n" under -
## ✅ [section-2] own "## ✅\n" under -
## Untitled [untitled] own "##\n" under -
## a -- b_c! [a-b_c] own "## a -- b_c!\n" under -
"###]],
    );
}

#[test]
fn sections_are_found_by_any_of_their_names() {
    let outline = Outline::of("# Top\n## First Step\n## 🚀 Launch\n## First Step\n");
    let rows = [
        ("first step", "First Step"),
        ("FIRST-STEP", "First Step"),
        ("First Step (2)", "First Step (2)"),
        ("first-step-2", "First Step (2)"),
        ("## First Step", "First Step"),
        ("🚀 launch", "🚀 Launch"),
        ("launch", "🚀 Launch"),
    ];
    for (asked, label) in rows {
        assert_eq!(outline.find(asked).unwrap().label, label);
    }
    let fault = outline.find("frist step").unwrap_err();
    assert_eq!(fault.hints, ["did you mean `First Step`?"]);
    let fault = outline.find("zzz").unwrap_err();
    assert_eq!(
        fault.hints,
        ["its sections are `Top`, `First Step`, `🚀 Launch`, `First Step (2)`"]
    );
    assert_eq!(Outline::of("").find("x").unwrap_err().hints, ["it has no sections"]);
}

#[test]
fn the_body_is_filed_with_descendants_and_cut_at_the_second_level() {
    let rows: [(&str, &[&str]); 10] = [
        ("", &[]),
        ("only text\n", &[]),
        ("# Only\ntext\n", &[]),
        ("# T\n## A\na\n### B\nb\n## C\n", &["## A\na\n### B\nb\n", "## C\n"]),
        // What stands before the first heading of level 2 is the header, whatever its level.
        ("# T\n### X\n## A\n#### D\n", &["## A\n#### D\n"]),
        // A title cuts too: it has sections of its own.
        ("# T\n## A\n# U\nu\n## B\n", &["## A\n", "# U\nu\n", "## B\n"]),
        ("# T\n### A\n### B\n#### C\n", &["### A\n", "### B\n#### C\n"]),
        ("# T\n# U\n### A\n# V\n", &["# U\n### A\n", "# V\n"]),
        ("# T\n### A\n# U\n### B\n", &["### A\n", "# U\n### B\n"]),
        ("Über\n===\n\nA\n---\ntext\n```\n## no\n", &["A\n---\ntext\n```\n## no\n"]),
    ];
    for (text, expected) in rows {
        let parts = Outline::of(text).parts();
        let cut: Vec<&str> = parts.iter().map(|part| &text[part.bytes.clone()]).collect();
        assert_eq!(cut, expected, "{text:?}");
    }
    let outline = Outline::of("# T\n## A\n### B\n## C\n");
    let parts = outline.parts();
    let stands: Vec<_> =
        outline.sections.iter().map(|section| outline.part_of(&parts, section)).collect();
    assert_eq!(stands, [None, Some(0), Some(0), Some(1)]);
}

fn markdown() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "#{1,7} ?[a-c]{0,2}",
        Just("===".to_owned()),
        Just("---".to_owned()),
        "(```|~~~)[a-z]?",
        "[ \t]{0,5}[>*-]? ?#{0,2} ?[a-c]",
        "</?(div|pre|!--|-->)>?",
        "\\| a \\|",
        "\\[\\^?a\\]: ?b?",
        "\\PC{0,6}",
        Just(String::new()),
    ];
    let ending = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")];
    proptest::collection::vec((line, ending), 0..14).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect()
    })
}

fn holds(text: &str) -> std::result::Result<(), TestCaseError> {
    let outline = Outline::of(text);
    let own = std::iter::once(&outline.preamble).chain(outline.sections.iter().map(|s| &s.own));
    let mut end = 0;
    for range in own {
        prop_assert_eq!(range.start, end);
        prop_assert!(text.get(range.clone()).is_some());
        end = range.end;
    }
    prop_assert_eq!(end, text.len());
    prop_assert!(outline.header_end >= outline.preamble.end);
    prop_assert_eq!(Outline::header_end(text, Extent::Whole), Some(outline.header_end));
    for (cut, _) in text.match_indices('\n') {
        if let Some(end) = Outline::header_end(&text[..=cut], Extent::Prefix) {
            prop_assert_eq!(end, outline.header_end, "{:?}", &text[..=cut]);
        }
    }
    let mut end = outline.header_end;
    for part in outline.parts() {
        prop_assert_eq!(part.bytes.start, end);
        prop_assert_eq!(outline.sections[part.section].own.start, end);
        end = part.bytes.end;
    }
    prop_assert_eq!(end, text.len());
    for (index, section) in outline.sections.iter().enumerate() {
        let above = section.parent.map(|parent| &outline.sections[parent]);
        let inside = above.is_none_or(|above| {
            above.level < section.level && above.whole.end >= section.whole.end
        });
        prop_assert!(inside && section.parent.is_none_or(|parent| parent < index));
        prop_assert_eq!(&outline.find(&section.label).unwrap().label, &section.label);
        let next = outline.sections[index + 1..].iter().find(|next| next.level <= section.level);
        prop_assert_eq!(section.whole.end, next.map_or(text.len(), |next| next.own.start));
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_sections_are_the_text(text in markdown()) {
        holds(&text)?;
    }

    #[test]
    fn whatever_the_text(text in any::<String>()) {
        holds(&text)?;
    }
}
