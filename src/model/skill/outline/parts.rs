//! A body as a header and files, so that an agent reads only those that it needs.

use std::ops::Range;

use super::{Outline, Section};

/// The level at whose headings a body is cut into files.
const CUT: u8 = 2;

/// One file of a staged body. The header's bytes and those of all parts, one after the other, are
/// the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The section that it begins with, as an index into [`Outline::sections`].
    pub section: usize,
    /// Its place in the text: the section, and its descendants down to the next cut.
    pub bytes: Range<usize>,
}

impl Outline {
    /// The files that the text after the header is cut into, in its order.
    ///
    /// A part begins at every heading of level 1 or 2. Where no heading has level 2, the highest
    /// level that there is after the first heading takes its place, so that `# Title` with nothing
    /// but `### Chapter`s below is cut at those.
    pub fn parts(&self) -> Vec<Part> {
        let after = || self.sections.iter().filter(|section| self.is_after_header(section));
        let levels = || after().map(|section| section.level);
        let cut = if levels().any(|level| level == CUT) { Some(CUT) } else { levels().min() };
        let mut parts: Vec<Part> = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            match parts.last_mut() {
                _ if !self.is_after_header(section) => {}
                Some(part) if cut.is_none_or(|cut| section.level > cut) => {
                    part.bytes.end = section.own.end;
                }
                Some(_) | None => parts.push(Part { section: index, bytes: section.own.clone() }),
            }
        }
        parts
    }

    /// The part that a section stands in, as an index into [`Outline::parts`]; none: the header.
    pub fn part_of(&self, parts: &[Part], section: &Section) -> Option<usize> {
        parts.iter().position(|part| part.bytes.contains(&section.own.start))
    }

    fn is_after_header(&self, section: &Section) -> bool {
        section.own.start >= self.header_end
    }
}
