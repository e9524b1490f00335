//! Links of a markdown text, and what other links can lead to in it.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A link or a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads, as it is written.
    pub target: String,
    /// The line, from 1, in which it stands.
    pub line: usize,
}

/// Where a link leads, as far as that is not on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To a place outside of the repository, which nobody looks up: an address, a mailbox.
    Away,
    /// To a path from the root, with an anchor in it.
    To {
        /// The file or folder; empty for the root.
        path: String,
        /// The anchor, in small letters.
        anchor: Option<String>,
    },
    /// Out of the repository, by too many `..`.
    Out,
}

/// Every link of a text, in order.
pub fn links(text: &str) -> Vec<Link> {
    let mut lines = Lines::of(text);
    let mut found = Vec::new();
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            found.push(Link { target: dest_url.into_string(), line: lines.at(range.start) });
        }
    }
    found
}

/// Everything in a text that an anchor can name, in small letters: its headings as GitHub names
/// them, and `id` and `name` of its HTML.
pub fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut title: Option<String> = None;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                found.extend(id.map(|id| id.to_lowercase()));
                title = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(title) = title.take() {
                    let anchor = unused(&slug(&title), &found);
                    found.insert(anchor);
                }
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(title) = &mut title {
                    title.push_str(&part);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => found.extend(ids(&html)),
            _ => {}
        }
    }
    found
}

/// Where a link of the document at `from`, a path from the root, leads.
pub fn leads(from: &str, target: &str) -> Leads {
    if target.starts_with("//") || has_scheme(target) {
        return Leads::Away;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(decoded(anchor).to_lowercase())),
        None => (target, None),
    };
    let anchor = anchor.filter(|anchor| !anchor.is_empty());
    let path = decoded(path.split('?').next().unwrap_or_default());
    if path.is_empty() {
        return Leads::To { path: from.to_owned(), anchor };
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let begin = if path.starts_with('/') { "" } else { folder };
    let mut names: Vec<&str> = begin.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/').filter(|name| !["", "."].contains(name)) {
        if name != ".." {
            names.push(name);
        } else if names.pop().is_none() {
            return Leads::Out;
        }
    }
    Leads::To { path: names.join("/"), anchor }
}

/// Whether a file's name says that it is markdown.
pub fn is_markdown(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["md", "markdown"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether nobody has to look an anchor up: the top of a page, a line, what GitHub makes itself.
pub fn is_free(anchor: &str) -> bool {
    let line = anchor.strip_prefix('l').unwrap_or_default();
    anchor == "top"
        || anchor.starts_with("user-content-")
        || (line.starts_with(|c: char| c.is_ascii_digit()))
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

fn slug(title: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || ['-', '_'].contains(&c);
    title.trim().to_lowercase().replace(' ', "-").chars().filter(|c| kept(*c)).collect()
}

/// The second heading of a name is `name-1`, and so on.
fn unused(slug: &str, known: &BTreeSet<String>) -> String {
    let numbered = (1..=known.len()).map(|n| format!("{slug}-{n}"));
    let mut names = std::iter::once(slug.to_owned()).chain(numbered);
    names.find(|name| !known.contains(name)).expect("there is one name more than there are known")
}

/// The values of `id` and `name` in a piece of HTML.
fn ids(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["id=", "name="] {
        for (at, _) in html.match_indices(attribute) {
            let value = &html[at + attribute.len()..];
            let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
            let value = match quote {
                Some(quote) => value[1..].split(quote).next(),
                None => value.split([' ', '>', '/', '\n']).next(),
            };
            found.extend(value.filter(|value| !value.is_empty()).map(str::to_lowercase));
        }
    }
    found
}

/// `https:`, `mailto:`; a single letter is none of these.
fn has_scheme(target: &str) -> bool {
    let Some((scheme, _)) = target.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || ['+', '-', '.'].contains(&c);
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(plain)
}

/// The text with each `%41` read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let escaped = value.filter(|_| *byte == b'%');
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The lines of a text, counted once from its beginning to its end.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a place; places are asked for in order, but for those of an inner link.
    fn at(&mut self, place: usize) -> usize {
        if place >= self.at {
            self.line += self.text[self.at..place].matches('\n').count();
            self.at = place;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_their_lines() {
        let text = "---\nx: [a](b)\n---\n# [t](one.md)\n\n`[no](x)` [a][r] ![p](two.png)\n\
                    | [c](three.md#x) |\n|---|\n\n```\n[no](x)\n```\n<https://example.org>\n\n[r]: four.md\n";
        let found: Vec<(String, usize)> =
            links(text).into_iter().map(|link| (link.target, link.line)).collect();
        let expected = [
            ("one.md", 4),
            ("four.md", 6),
            ("two.png", 6),
            ("three.md#x", 7),
            ("https://example.org", 13),
        ];
        assert_eq!(found, expected.map(|(target, line)| (target.to_owned(), line)));
    }

    #[test]
    fn anchors_as_github_makes_them() {
        let text =
            "# A `b`: c\n## A b c\n## Ä, d_e\n## Own {#mine}\n<a id=\"Here\"></a> <b name='x'>\n";
        let found: Vec<String> = anchors(text).into_iter().collect();
        assert_eq!(found, ["a-b-c", "a-b-c-1", "here", "mine", "own", "x", "ä-d_e"]);
    }

    #[test]
    fn where_links_lead() {
        let to = |path: &str, anchor: Option<&str>| Leads::To {
            path: path.to_owned(),
            anchor: anchor.map(str::to_owned),
        };
        let rows = [
            ("b.md", to("docs/b.md", None)),
            ("./b.md#Some-Part", to("docs/b.md", Some("some-part"))),
            ("../README.md", to("README.md", None)),
            ("/src/a.rs", to("src/a.rs", None)),
            ("#here", to("docs/a.md", Some("here"))),
            ("", to("docs/a.md", None)),
            ("a%20b.md", to("docs/a b.md", None)),
            ("b.md?plain=1#L3", to("docs/b.md", Some("l3"))),
            ("..", to("", None)),
            ("../../x", Leads::Out),
            ("https://example.org/x", Leads::Away),
            ("//example.org", Leads::Away),
            ("mailto:ada@example.org", Leads::Away),
            ("50%", to("docs/50%", None)),
        ];
        for (target, expected) in rows {
            assert_eq!(leads("docs/a.md", target), expected, "{target}");
        }
    }
}
