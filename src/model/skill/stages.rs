//! A skill in stages: what of it an agent is given, and what lies in files for it to read.

use std::{collections::HashMap, ops::AddAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outline::{Outline, Part};

/// So many letters of a title stand in its file's name; the number before them is what tells files
/// apart.
const NAME_LETTERS: usize = 40;

/// What of a skill the prompts of one step hold, and what lies in files for its agent to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Bytes of the header in the system prompt.
    pub header: u64,
    /// Bytes of sections in the system prompt.
    pub sections: u64,
    /// The sections that lie in files of the session; none where the skill is given whole.
    pub files: Vec<SectionFile>,
}

/// One section as a file of the session, frozen: what becomes of the skill meanwhile does not
/// change it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionFile {
    /// The section's title, on one line.
    pub title: String,
    /// The titles of the sections directly under it that tell it from others.
    pub covers: Vec<String>,
    /// The file's name.
    pub name: String,
    /// The section and its descendants, with all arguments in place.
    pub text: String,
}

impl Stages {
    /// Bytes of the sections that lie in files.
    pub fn in_files(&self) -> u64 {
        self.files.iter().map(SectionFile::bytes).sum()
    }
}

impl SectionFile {
    /// The size of its text, in bytes.
    pub fn bytes(&self) -> u64 {
        self.text.len() as u64
    }
}

/// Bytes of a skill that were put before an agent, by the stage that loaded them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BytesByStage {
    /// Front matter and everything before the first section.
    pub header: u64,
    /// The list of sections.
    pub outline: u64,
    /// Sections.
    pub sections: u64,
    /// Files that the skill refers to.
    pub resources: u64,
}

impl AddAssign for BytesByStage {
    fn add_assign(&mut self, more: Self) {
        self.header += more.header;
        self.outline += more.outline;
        self.sections += more.sections;
        self.resources += more.resources;
    }
}

/// For each part of an outline, the titles of the sections directly under it. One that stands more
/// than once in the skill, such as `Example`, tells nothing and is left out.
pub fn covers<'a>(outline: &'a Outline, parts: &[Part]) -> Vec<Vec<&'a str>> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for section in &outline.sections {
        *times.entry(&section.title).or_default() += 1;
    }
    let of_part = |part: &Part| {
        let below = outline.sections[part.section + 1..].iter();
        let below = below.take_while(|section| section.own.start < part.bytes.end);
        let level = below.clone().map(|section| section.level).min();
        let direct = below.filter(|section| Some(section.level) == level);
        direct.map(|section| section.title.as_str()).filter(|title| times[title] == 1).collect()
    };
    parts.iter().map(of_part).collect()
}

/// The name of the file of the part at this place, counted from 0, of so many.
pub fn file_name(place: usize, of: usize, title: &str) -> String {
    let width = of.to_string().len().max(2);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mut name = format!("{:0width$}", place + 1);
    for word in title.chars().map(plain).collect::<String>().split('-').filter(|w| !w.is_empty()) {
        if name.len() + word.len() > width + NAME_LETTERS {
            break;
        }
        name.push('-');
        name.push_str(word);
    }
    name + ".md"
}

/// A title on one line, as a list shows it.
pub fn one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_by_what_stands_in_no_other() {
        let rows: &[(&str, &[&[&str]])] = &[
            ("# T\n", &[]),
            ("# T\n## A\n### B\n#### C\n### D\n## E\n", &[&["B", "D"], &[]]),
            ("## A\n### x\n### y\n## B\n### x\n", &[&["y"], &[]]),
            ("## A\n#### deep\n### B\n", &[&["B"]]),
        ];
        for (body, expected) in rows {
            let outline = Outline::of(body);
            assert_eq!(covers(&outline, &outline.parts()), *expected, "{body:?}");
        }
    }

    #[test]
    fn names_are_for_every_file_system() {
        let rows = [
            ((0, 3), "Write the report", "01-write-the-report.md"),
            ((9, 120), "Ünïcode & <emoji> 🎉 ../x", "010-n-code-emoji-x.md"),
            ((1, 2), "工程", "02.md"),
            ((1, 2), &"long ".repeat(40), "02-long-long-long-long-long-long-long-long.md"),
        ];
        for ((place, of), title, expected) in rows {
            assert_eq!(file_name(place, of, title), expected);
        }
    }
}
