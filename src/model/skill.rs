//! A skill as a value: what its folder's SKILL.md says, in stages.

pub mod arguments;
pub mod front_matter;
pub mod header;
pub mod name;
pub mod outline;
pub mod source;
pub mod stages;
pub mod substitute;
pub mod tools;
pub mod yaml;

mod decode;

use std::{path::PathBuf, sync::Arc};

use crate::model::{Result, Spot, digest::sha256};
use front_matter::FrontMatter;
use outline::{Outline, Section};
use source::Source;

/// The most bytes that a SKILL.md may have.
pub const MAX_BYTES: usize = 1024 * 1024;

/// About how many tokens so many bytes are; shown with `≈`.
pub fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(4)
}

/// A skill on disk, before anything of it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is asked for by: its folder's name, after its plugin's if it has one.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Its SKILL.md, however that is spelled.
    pub file: PathBuf,
    /// Where it was found.
    pub source: Source,
}

/// A skill, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Where it is.
    pub found: Found,
    /// What it says about itself.
    pub front: FrontMatter,
    /// The whole file.
    pub text: Arc<str>,
    /// The SHA-256 of the bytes that the text was read from, in hexadecimal digits.
    pub sha256: String,
    /// The byte of the text at which the body starts.
    pub body_start: usize,
    /// The sections of the body; their places count from the body's first byte.
    pub outline: Outline,
    /// What had to be forgiven.
    pub warnings: Vec<Spot>,
    /// Why other readers of skills take nothing of its front matter, where they do not.
    pub refused: Option<Spot>,
}

impl Skill {
    /// Reads a SKILL.md.
    ///
    /// # Errors
    /// Its front matter is too large.
    pub fn read(found: Found, bytes: &[u8]) -> Result<Self> {
        let (text, mut warnings) = decode::decode(&found.file, bytes);
        let parsed = front_matter::parse(&found.file, &text)?;
        warnings.extend(parsed.warnings);
        Ok(Self {
            outline: Outline::of(&text[parsed.body..]),
            front: parsed.front,
            body_start: parsed.body,
            found,
            sha256: sha256(bytes),
            text,
            warnings,
            refused: parsed.refused,
        })
    }

    /// Everything that a person should hear of how it was read, the worst first.
    pub fn oddities(&self) -> impl Iterator<Item = &Spot> {
        self.refused.iter().chain(&self.warnings)
    }

    /// The front matter and everything before the first level-2 heading.
    pub fn header(&self) -> &str {
        &self.text[..self.body_start + self.outline.header_end]
    }

    /// Everything after the front matter.
    pub fn body(&self) -> &str {
        &self.text[self.body_start..]
    }

    /// A section of the body with its text, descendants included.
    ///
    /// # Errors
    /// There is no such section; the nearest are named.
    pub fn section(&self, asked: &str) -> Result<(&Section, &str)> {
        let section = self.outline.find(asked)?;
        Ok((section, &self.body()[section.whole.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skill(text: &[u8]) -> Skill {
        let found = Found {
            name: "review".to_owned(),
            dir: "skills/review".into(),
            file: "skills/review/SKILL.md".into(),
            source: Source::Personal,
        };
        Skill::read(found, text).unwrap()
    }

    #[test]
    fn stages_are_slices_of_the_file() {
        let skill = skill(b"---\nname: r\n---\nintro\n# Top\n## A\na\n### B\nb\n## C\nc\n");
        assert_eq!(skill.header(), "---\nname: r\n---\nintro\n# Top\n");
        assert_eq!(skill.body(), "intro\n# Top\n## A\na\n### B\nb\n## C\nc\n");
        assert_eq!(skill.section("a").unwrap().1, "## A\na\n### B\nb\n");
        assert_eq!(skill.section("top").unwrap().1, "# Top\n## A\na\n### B\nb\n## C\nc\n");
        assert!(skill.warnings.is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_and_warned_of() {
        let latin = skill(b"---\nname: caf\xe9\n---\nb\0dy\n");
        assert_eq!(latin.front.name.as_deref(), Some("caf\u{fffd}"));
        assert_eq!(latin.body(), "b\u{fffd}dy\n");
        let messages: Vec<&str> = latin.warnings.iter().map(|spot| spot.message.as_str()).collect();
        assert_eq!(
            messages,
            ["not UTF-8 from here on; shown as \u{fffd}", "a NUL byte; shown as \u{fffd}"]
        );
        assert!(latin.warnings.iter().all(|spot| &spot.source[spot.span.clone()] == "\u{fffd}"));

        let wide: Vec<u8> =
            "\u{feff}---\nname: é\n---\nbody\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide = skill(&wide);
        assert_eq!((wide.front.name.as_deref(), wide.body()), (Some("é"), "body\n"));
        assert_eq!(wide.warnings[0].message, "this file is UTF-16; read as such");
    }
}
