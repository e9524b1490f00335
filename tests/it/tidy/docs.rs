//! Documents: links that lead somewhere, headings without gaps, a changelog that is kept.

use std::{collections::BTreeMap, iter, path::Path};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    expect_none,
    files::{self, SourceFile, has_ending},
    prove,
};

#[test]
fn links_lead_somewhere_and_headings_have_no_gaps() {
    let documents = documents();
    let anchors: BTreeMap<_, _> =
        documents.iter().map(|file| (file.path.as_str(), anchors(&file.text))).collect();
    let there = |target: &str, anchor: Option<&str>| match (anchors.get(target), anchor) {
        (Some(known), Some(anchor)) => known.iter().any(|other| other == anchor),
        _ => Path::new(".").join(target).exists(),
    };
    let faults = documents.iter().flat_map(|file| {
        let mut found = link_faults((&file.path, &file.text), &there);
        found.extend(heading_faults((&file.path, &file.text)));
        found
    });
    expect_none(&faults.collect::<Vec<_>>());
}

/// The folder `docs` is a book: its table of contents names every page once, and no page leads out
/// of it.
#[test]
fn the_book_is_whole() {
    let documents = documents();
    let pages = documents
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix("docs/")?, file.text.as_str())));
    let (summary, pages): (Vec<_>, Vec<_>) = pages.partition(|(path, _)| *path == "SUMMARY.md");
    let [(_, summary)] = summary[..] else { panic!("there is a docs/SUMMARY.md") };
    let names: Vec<&str> = pages.iter().map(|(path, _)| *path).collect();
    let mut faults = book_faults((summary, &names));
    faults.extend(pages.iter().flat_map(|page| way_out_faults(*page)));
    expect_none(&faults);
}

#[test]
fn the_changelog_is_kept() {
    let text = std::fs::read_to_string("CHANGELOG.md").expect("there is a CHANGELOG.md");
    expect_none(&changelog_faults(&text));
}

/// Every document but those that a test or a recording feeds to atlas.
fn documents() -> Vec<SourceFile> {
    let fixture = |path: &str| path.starts_with("tests/") || path.contains("/recordings/");
    let mut found = files::tracked();
    found.retain(|file| has_ending(&file.path, "md") && !fixture(&file.path));
    found
}

fn events(text: &str) -> impl Iterator<Item = (Event<'_>, usize)> {
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES;
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    Parser::new_ext(text, options)
        .into_offset_iter()
        .map(move |(event, range)| (event, line(range.start)))
}

/// Takes the path of a document and its text, and asks whether a file and a heading in it exist.
fn link_faults(
    (path, text): (&str, &str),
    there: &impl Fn(&str, Option<&str>) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for (event, line) in events(text) {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else {
            continue;
        };
        if dest_url.contains("://") || dest_url.starts_with("mailto:") {
            continue;
        }
        let (target, anchor) = match dest_url.split_once('#') {
            Some((target, anchor)) => (target, Some(anchor)),
            None => (&*dest_url, None),
        };
        let full = if target.is_empty() { path.to_owned() } else { beside(path, target) };
        if !there(&full, anchor) {
            found.push(format!(
                "{path}:{line}: `{dest_url}` leads nowhere; mend the link or what it names"
            ));
        }
    }
    found
}

/// Takes the table of contents, and the pages there are.
fn book_faults((summary, pages): (&str, &[&str])) -> Vec<String> {
    let links = events(summary).filter_map(|(event, _)| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    });
    let mut named = BTreeMap::<String, u32>::new();
    links.for_each(|link| *named.entry(link).or_default() += 1);
    let twice = named.iter().filter(|(_, times)| **times > 1);
    let twice = twice.map(|(page, _)| format!("docs/SUMMARY.md: `{page}` stands there twice"));
    let missing = pages.iter().filter(|page| !named.contains_key(**page));
    let missing = missing.map(|page| format!("docs/SUMMARY.md: add `{page}`, or nobody finds it"));
    twice.chain(missing).collect()
}

/// Takes the path of a page below `docs` and its text. What lies outside is in no book, so a link to
/// it would be dead there.
fn way_out_faults((path, text): (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    for (event, line) in events(text) {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else {
            continue;
        };
        if !dest_url.contains("://") && beside(path, &dest_url).starts_with("..") {
            found.push(format!(
                "docs/{path}:{line}: `{dest_url}` leads out of the book; name the file in backticks"
            ));
        }
    }
    found
}

/// A path relative to a document, from the root of the repository.
fn beside(document: &str, target: &str) -> String {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in target.split('/').filter(|name| !["", "."].contains(name)) {
        match name {
            // What leads out of the repository stays as it is, and is not found.
            ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
            _ => names.push(name),
        }
    }
    names.join("/")
}

fn headings(text: &str) -> Vec<(HeadingLevel, String, usize)> {
    let mut found = Vec::new();
    let mut open = None;
    for (event, line) in events(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => open = Some((level, String::new(), line)),
            Event::End(TagEnd::Heading(_)) => found.extend(open.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some((_, title, _)) = &mut open {
                    title.push_str(&part);
                }
            }
            _ => {}
        }
    }
    found
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, title, _) in headings(text) {
        let kept = title.to_lowercase().replace(' ', "-");
        let base: String =
            kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect();
        let numbered = (1..=found.len()).map(|n| format!("{base}-{n}"));
        let mut free =
            iter::once(base.clone()).chain(numbered).filter(|name| !found.contains(name));
        let anchor = free.next().expect("there is one name more than there are anchors");
        found.push(anchor);
    }
    found
}

/// Takes the path of a document and its text.
fn heading_faults((path, text): (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = 0;
    for (level, title, line) in headings(text) {
        let level = level as usize;
        if level > before + 1 {
            found.push(format!(
                "{path}:{line}: `{title}` skips a level; make it a heading of level {}",
                before + 1
            ));
        }
        before = level;
    }
    found
}

fn changelog_faults(text: &str) -> Vec<String> {
    let releases: Vec<_> =
        headings(text).into_iter().filter(|(level, ..)| *level == HeadingLevel::H2).collect();
    let first = releases.first().map(|(_, title, _)| title.as_str());
    let fault =
        "CHANGELOG.md: its first release is not `Unreleased`; say there what changes for a user";
    let kept = first.is_some_and(|title| title.trim_matches(['[', ']']) == "Unreleased");
    (!kept).then(|| fault.to_owned()).into_iter().collect()
}

#[test]
fn the_rules_can_fail() {
    let there = |path: &str, anchor: Option<&str>| match path {
        "docs/a.md" => anchor.is_none_or(|anchor| anchor == "known"),
        "README.md" | "docs" => true,
        _ => false,
    };
    let links = |text| link_faults(("docs/a.md", text), &there);
    prove(
        links,
        &[
            ("[x](a.md) [x](../README.md) [x](.) [x](#known) [x](a.md#known)", &[]),
            ("[x](https://example.com/gone) <mailto:a@example.com>", &[]),
            ("[x](b.md)", &["a.md:1: `b.md` leads nowhere"]),
            ("\n![x](../docs/b.png)", &["a.md:2: "]),
            ("[x][y]\n\n[y]: c.md", &["`c.md`"]),
            ("[x](../../README.md)", &["leads nowhere"]),
            ("[x](#unknown) [x](a.md#unknown)", &["`#unknown`", "`a.md#unknown`"]),
            ("`[x](b.md)`", &[]),
        ],
    );
    prove(
        |text| heading_faults(("a.md", text)),
        &[
            ("# A\n## B\n### C\n# D\n", &[]),
            ("---\nname: x\n---\n# A\n", &[]),
            ("# A\n\n### C\n", &["a.md:3: `C` skips a level"]),
            ("## A\n", &["`A` skips"]),
            ("# A\n```\n### C\n```\n", &[]),
        ],
    );
    let pages = ["a.md", "b/c.md"];
    prove(
        |summary| book_faults((summary, &pages)),
        &[
            ("- [A](a.md)\n  - [C](b/c.md)\n", &[]),
            ("- [A](a.md)\n", &["add `b/c.md`"]),
            ("- [A](a.md)\n- [C](b/c.md)\n- [again](a.md)\n", &["`a.md` stands there twice"]),
        ],
    );
    prove(
        |text| way_out_faults(("b/c.md", text)),
        &[
            ("[x](../a.md) [x](d.md#e) [x](#f) [x](https://example.com)", &[]),
            ("\n[x](../../README.md)", &["docs/b/c.md:2: `../../README.md` leads out"]),
        ],
    );
    prove(
        changelog_faults,
        &[
            ("# Changelog\n\n## [Unreleased]\n\n## 0.1.0\n", &[]),
            ("# Changelog\n\n## Unreleased\n", &[]),
            ("# Changelog\n\n## 0.1.0\n\n## Unreleased\n", &["Unreleased"]),
            ("# Changelog\n", &["Unreleased"]),
        ],
    );
    assert_eq!(anchors("# A `b`: c\n## A b c\n## Ä, d_e\n"), ["a-b-c", "a-b-c-1", "ä-d_e"]);
}
