use std::collections::BTreeMap;

use super::*;
use crate::model::{
    call::transcript::{Turn, Who},
    journal_line::Line,
    result::{
        Finding, FindingKind, FindingStatus, Severity, Verdict, VerdictStatus, Votes,
        tests::{all, story},
    },
};

/// What somebody would write who wants to get out of his place.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload=\"x' ${7*7} {{ 7*7 }} ]]> [a](javascript:alert(3)) ![i](https://x.example/i.png) https://x.example @everyone #1 `` ``` \u{202e}evil | cell";

/// A key that is none.
const SECRET: &str = concat!("ghp_", "x7Qm2Rv9Lk4Tz8Wp1Ns6Yb3Hd5Jf0CgAeUiO");

fn lines(story: &story::Story) -> Vec<Line> {
    let at = |second: usize| {
        let start: jiff::Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        start + jiff::SignedDuration::from_secs(i64::try_from(second).unwrap())
    };
    let line = |(seq, event): (usize, &crate::model::run::Event)| Line {
        v: 1,
        seq: seq as u64,
        at: at(seq),
        event: event.clone(),
    };
    story.events.iter().enumerate().map(line).collect()
}

fn page_of(story: &story::Story, change: impl FnOnce(&mut Material<'_>)) -> Story {
    let (lines, state) = (lines(story), story.state());
    let mut result = story.result();
    result.verdict = Some(Verdict {
        status: VerdictStatus::Rejected,
        votes: Votes { confirmed: 1, refuted: 2, abstained: 0, error: 0 },
        findings: vec![Finding {
            id: "f1".to_owned(),
            severity: Severity::Major,
            kind: FindingKind::Wrong,
            claim: HOSTILE.to_owned(),
            file: Some("cart.py".to_owned()),
            line: Some(5),
            status: FindingStatus::Supported,
            by: vec![HOSTILE.to_owned()],
            quote: None,
        }],
    });
    let turn = |who| Turn {
        who,
        title: HOSTILE.to_owned(),
        text: format!("{HOSTILE} {SECRET}"),
        failed: true,
    };
    let talk = Conversation {
        step: HOSTILE.to_owned(),
        attempt: 2,
        system: HOSTILE.to_owned(),
        prompt: HOSTILE.to_owned(),
        turns: [Who::Agent, Who::Thought, Who::Call, Who::Tool, Who::Claude].map(turn).into(),
        left_out: String::new(),
    };
    let file: Vec<String> = (1..=20).map(|n| format!("line {n} {HOSTILE}\n")).collect();
    let file = file.concat();
    let mut material = Material {
        lines: &lines,
        plan: &story.plan,
        state: &state,
        result: &result,
        patch: Some(format!(
            "diff --git a/{HOSTILE} b/{HOSTILE}\n@@ -1,1 +1,1 @@\n-{HOSTILE}\n+{SECRET}\n"
        )),
        conversations: vec![talk],
        files: BTreeMap::from([("cart.py".to_owned(), file)]),
    };
    change(&mut material);
    let first = material.clone();
    Story::of("20261120-101500-abcd", HOSTILE, &[first, material])
}

/// What a browser takes for the beginning of a tag, by name, from a page without its own script
/// and style.
fn tags(page: &str) -> std::collections::BTreeSet<String> {
    let page = page.replace(STYLE, "").replace(SCRIPT, "");
    let names = page.split('<').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/!".contains(c));
        rest[..end.unwrap_or(rest.len())].trim_start_matches('/').to_owned()
    });
    names.collect()
}

#[test]
fn every_kind_of_run_makes_a_page() {
    let mut usual = std::collections::BTreeSet::new();
    for (name, story) in all() {
        let told = page_of(&story, |_| {});
        let (page, markdown) = (run(&told), run_markdown(&told));
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>"), "{name}");
        usual.extend(tags(&page));
        for (what, text) in [("page", &page), ("markdown", &markdown)] {
            assert!(!text.contains(SECRET), "{name}: a secret in the {what}");
            assert!(!text.contains('\u{202e}'), "{name}: a turned text in the {what}");
            assert!(text.contains("20261120-101500-abcd"), "{name}");
        }
    }
    let known = [
        "!doctype", "a", "article", "badge", "body", "br", "button", "code", "dd", "details",
        "div", "dl", "dt", "footer", "h1", "h2", "h3", "head", "header", "html", "li", "line",
        "main", "meta", "nav", "ol", "p", "pre", "rect", "script", "section", "small", "span",
        "strong", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead",
        "title", "tr", "ul",
    ];
    let strange: Vec<_> = usual.iter().filter(|tag| !known.contains(&tag.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn there_is_one_script_and_one_style_and_the_policy_names_them() {
    let page = run(&page_of(&story::hostile(), |_| {}));
    assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
    let between = |open: &str, close: &str| {
        let from = page.find(open).unwrap() + open.len();
        page[from..from + page[from..].find(close).unwrap()].to_owned()
    };
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let hash = digest::sha256_base64(between(open, close).as_bytes());
        // Attributes are escaped; a browser reads the sign itself.
        let hash = hash.replace('/', "&#x2f;");
        assert!(page.contains(&format!("&#x27;sha256-{hash}&#x27;")), "{open} {hash}");
    }
    let policy = page.find("Content-Security-Policy").unwrap();
    assert!(policy < page.find("<style").unwrap(), "the policy comes before what it is about");
    assert!(page.contains("default-src &#x27;none&#x27;"));
    for attribute in [" style=", " onclick=", " src=", "http-equiv=\"refresh"] {
        let before_text = page.replace("&quot;", "");
        assert!(!before_text.contains(&format!("<img{attribute}")), "{attribute}");
    }
    assert!(!page.contains("<link") && !page.contains("@import") && !page.contains("url("));
}

#[test]
fn in_markdown_every_text_stays_text() {
    let markdown = run_markdown(&page_of(&story::hostile(), |_| {}));
    let outside_of_code = {
        let (mut kept, mut fence) = (String::new(), None::<String>);
        for line in markdown.lines() {
            let ticks: String = line.chars().take_while(|c| *c == '`').collect();
            match &fence {
                Some(open) if ticks.len() >= open.len() && ticks == line.trim_end() => fence = None,
                Some(_) => {}
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => kept = kept + line + "\n",
            }
        }
        assert_eq!(fence, None, "every fence is closed\n{markdown}");
        kept
    };
    for mark in ["<", "](", "![", "://", "@everyone", "${", "{{"] {
        let found = outside_of_code.lines().find(|line| line.contains(mark));
        assert_eq!(found, None, "{mark}");
    }
    let (mut links, mut images, mut html) = (0, 0, 0);
    for event in pulldown_cmark::Parser::new_ext(&markdown, pulldown_cmark::Options::all()) {
        match event {
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { .. }) => links += 1,
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Image { .. }) => images += 1,
            pulldown_cmark::Event::Html(_) | pulldown_cmark::Event::InlineHtml(_) => html += 1,
            _ => {}
        }
    }
    assert_eq!((links, images, html), (0, 0, 0), "{markdown}");
}

#[test]
fn what_can_no_longer_be_read_is_said() {
    let story = story::passed();
    let told = page_of(&story, |material| {
        material.patch = None;
        material.files.clear();
        material.conversations.clear();
    });
    let page = run(&told);
    assert!(page.contains("The lines themselves can no longer be read"), "{page}");
    assert!(told.runs[0].findings[0].excerpt.is_none());
}

#[test]
fn a_finding_stands_beside_its_lines() {
    let told = page_of(&story::hostile(), |_| {});
    let excerpt = told.runs[0].findings[0].excerpt.as_ref().unwrap();
    let numbers: Vec<_> = excerpt.lines.iter().map(|line| (line.number, line.meant)).collect();
    let expected: Vec<_> = (2..=8).map(|number| (number, number == 5)).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_page_of_statistics_is_made_of_nothing_and_of_much() {
    use crate::model::stats::{Cell, Kept, Place, Tally};
    assert!(stats(&Stats::of(&[], Vec::new(), None)).contains("<h1>0 runs</h1>"));
    let cells: Vec<Cell> = (1..=40)
        .map(|week| Cell {
            skill: HOSTILE.to_owned(),
            model: HOSTILE.to_owned(),
            week: format!("2026-W{week:02}"),
            tally: Tally { runs: week, ..Tally::default() },
        })
        .collect();
    let place = Place { path: SECRET.to_owned(), runs: 820, sessions: Kept::default() };
    let page = stats(&Stats::of(&cells, vec![place], Some("2026-W01".to_owned())));
    assert!(!page.contains(SECRET) && !page.contains("<img"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
}
