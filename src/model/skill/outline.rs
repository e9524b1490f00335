//! A body cut at its headings, so that a big skill costs only what is used of it.

mod parts;
mod read;

use std::{collections::HashMap, ops::Range};

use crate::model::{Fault, Result, skill::header::Extent, suggest, text};
pub use parts::Part;

/// The sections of one markdown text. The preamble and every section's own bytes, one after the
/// other, are the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The bytes before the first heading.
    pub preamble: Range<usize>,
    /// In the order of the text; the descendants of a section follow it.
    pub sections: Vec<Section>,
    /// Where the header ends: before the first level-2 heading; where there is none, before the
    /// second heading; where there is no second, at the end.
    pub header_end: usize,
}

/// One heading and the text up to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading's text, on one line.
    pub title: String,
    /// A name for it that no other section has: the title, or `Title (2)`.
    pub label: String,
    /// The label as a link would spell it: `title-2`.
    pub slug: String,
    /// 1 to 6.
    pub level: u8,
    /// The heading and the text up to the next heading, in bytes.
    pub own: Range<usize>,
    /// The same with all its descendants.
    pub whole: Range<usize>,
    /// The section that it stands under, as an index.
    pub parent: Option<usize>,
}

impl Outline {
    /// The outline of a markdown text.
    pub fn of(text: &str) -> Self {
        let headings = read::headings(text);
        let mut names = Names::default();
        let mut sections: Vec<Section> = Vec::with_capacity(headings.len());
        let mut above: Vec<usize> = Vec::new();
        for (index, heading) in headings.iter().enumerate() {
            let next = headings.get(index + 1).map_or(text.len(), |next| next.start);
            let deeper = headings[index + 1..].iter().find(|next| next.level <= heading.level);
            while above.pop_if(|above| sections[*above].level >= heading.level).is_some() {}
            let (label, slug) = names.name(&heading.title);
            sections.push(Section {
                title: heading.title.clone(),
                label,
                slug,
                level: heading.level,
                own: heading.start..next,
                whole: heading.start..deeper.map_or(text.len(), |next| next.start),
                parent: above.last().copied(),
            });
            above.push(index);
        }
        Self {
            preamble: 0..headings.first().map_or(text.len(), |first| first.start),
            header_end: read::header_end(&headings).unwrap_or(text.len()),
            sections,
        }
    }

    /// Where the header of a text ends, read no further than is needed; `None` if that may lie
    /// after a prefix, which ends with a line.
    pub fn header_end(text: &str, extent: Extent) -> Option<usize> {
        match (read::first_second_level(text), extent) {
            (Some(start), _) => Some(start),
            (None, Extent::Prefix) => None,
            (None, Extent::Whole) => {
                Some(read::header_end(&read::headings(text)).unwrap_or(text.len()))
            }
        }
    }

    /// The section with this label, title or slug, whatever the case.
    ///
    /// # Errors
    /// There is none; the nearest are named.
    pub fn find(&self, asked: &str) -> Result<&Section> {
        let typed = asked.trim();
        let by = |key: fn(&Section) -> &str, wanted: &str| {
            let wanted = wanted.to_lowercase();
            self.sections.iter().find(move |section| key(section).to_lowercase() == wanted)
        };
        by(|section| &section.label, typed)
            .or_else(|| by(|section| &section.slug, typed))
            .or_else(|| by(|section| &section.label, typed.trim_start_matches('#').trim()))
            .ok_or_else(|| self.unknown(asked))
    }

    fn unknown(&self, asked: &str) -> Fault {
        let fault = Fault::invalid(format!("there is no section `{}`", text::sanitize_line(asked)));
        let labels = || self.sections.iter().map(|section| section.label.as_str());
        let near = suggest::nearest(asked, labels());
        match (near.is_empty(), self.sections.is_empty()) {
            (_, true) => fault.hint("it has no sections"),
            (true, false) => {
                let all: Vec<String> =
                    labels().take(10).map(|label| format!("`{label}`")).collect();
                fault.hint(format!("its sections are {}", all.join(", ")))
            }
            (false, false) => near
                .iter()
                .fold(fault, |fault, label| fault.hint(format!("did you mean `{label}`?"))),
        }
    }
}

/// The names given so far.
#[derive(Default)]
struct Names {
    labels: HashMap<String, usize>,
    slugs: HashMap<String, usize>,
}

impl Names {
    fn name(&mut self, title: &str) -> (String, String) {
        let title = if title.is_empty() { "Untitled" } else { title };
        let label = unique(&mut self.labels, title, |title, n| format!("{title} ({n})"));
        let slug = unique(&mut self.slugs, &slug(&label), |slug, n| format!("{slug}-{n}"));
        (label, slug)
    }
}

/// The name itself, or with the lowest number that nobody has yet; names differ in more than case.
fn unique(
    taken: &mut HashMap<String, usize>,
    name: &str,
    numbered: impl Fn(&str, usize) -> String,
) -> String {
    let mut candidate = name.to_owned();
    let mut number = *taken.entry(name.to_lowercase()).and_modify(|n| *n += 1).or_insert(1);
    while number > 1 {
        candidate = numbered(name, number);
        if !taken.contains_key(&candidate.to_lowercase()) {
            taken.insert(name.to_lowercase(), number);
            taken.insert(candidate.to_lowercase(), 1);
            break;
        }
        number += 1;
    }
    candidate
}

/// Letters and digits of any script, in lower case, with hyphens for the spaces between.
fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for character in title.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() || character == '_' {
            slug.push(character);
        } else if (character.is_whitespace() || character == '-') && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "section".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests;
