//! Every skill that is there, with what its header says.

use std::{
    collections::HashMap,
    convert::Infallible,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{Root, Roots, bundled, find, unreadable, walk};
use crate::{
    model::{
        Fault, Result,
        skill::{
            Found, MAX_BYTES,
            header::{self, Extent, Header},
            name::SkillName,
            source::Source,
            tokens,
        },
    },
    sys::{fs::open_stored, spread::spread},
};

/// How many bytes of a file are read at first; nearly every header ends before.
const FIRST_BYTES: usize = 16 * 1024;

/// A skill in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is and what it is asked for by.
    pub found: Found,
    /// What its header says, or why it cannot run; without the places, which hold whole files.
    pub header: Result<Header>,
    /// About how many tokens its body has, from the size of the file alone.
    pub body_tokens: usize,
    /// The skill that is meant by the name instead of this one.
    pub shadowed_by: Option<PathBuf>,
}

/// All skills of all folders.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of the folders that are searched, then by name.
    pub entries: Vec<Entry>,
    /// What could not be looked at.
    pub warnings: Vec<String>,
}

impl Roots {
    /// Every skill, with those that others shadow and those that are broken.
    pub fn list(&self) -> Listing {
        let mut listing = Listing::default();
        listing.warnings.extend(self.trouble.clone());
        listing.warnings.extend(self.plugins().warnings.iter().cloned());
        let mut places: Vec<Place> = Vec::new();
        for root in self.all() {
            let walk = find::candidates(root);
            listing.warnings.extend(walk.warnings);
            let own = walk.candidates.into_iter().filter_map(|candidate| place(root, candidate));
            places.extend(own);
        }
        let read = |part: &[Place]| {
            Ok::<_, Infallible>(part.iter().map(|place| entry(&place.found)).collect::<Vec<_>>())
        };
        let Ok(entries) = spread(&places, read);
        listing.entries = entries.into_iter().flatten().collect();
        settle(&places, &mut listing.entries);
        let mut keyed: Vec<(usize, Entry)> =
            places.iter().map(|place| place.rank).zip(listing.entries).collect();
        keyed.sort_by(|(a, one), (b, next)| (a, &one.found.name).cmp(&(b, &next.found.name)));
        listing.entries = keyed.into_iter().map(|(_, entry)| entry).collect();
        listing
    }
}

/// The header of a file and the size of the whole, reading no more of it than is needed.
///
/// # Errors
/// The file cannot be read, or its front matter is broken.
pub(super) fn header(path: &Path) -> Result<(Header, u64)> {
    let (file, size) = open_stored(path).map_err(|error| unreadable(&error))?;
    if size > MAX_BYTES as u64 {
        let message = format!("{} has {size} bytes; at most {MAX_BYTES} are read", path.display());
        return Err(unreadable(&io::Error::new(io::ErrorKind::FileTooLarge, message)));
    }
    let mut bytes = Vec::new();
    let mut target = FIRST_BYTES;
    loop {
        let more = (&file).take((target - bytes.len()) as u64).read_to_end(&mut bytes);
        more.map_err(|error| unreadable(&error))?;
        let whole = bytes.len() < target || target >= MAX_BYTES;
        let extent = if whole { Extent::Whole } else { Extent::Prefix };
        if let Some(header) = header::read(path, &bytes, extent)? {
            return Ok((header, size));
        }
        target = (target * 8).min(MAX_BYTES);
    }
}

/// The name of the skill that a folder is, if it is one: its own, else `otherwise`, else the
/// folder's.
pub(super) fn skill_name(dir: &Path, otherwise: Option<&str>) -> Option<String> {
    let candidate = walk::skill_at(dir, 0)?;
    let declared = header(&candidate.file).ok().and_then(|(header, _)| header.name);
    let declared = declared.filter(|name| SkillName::parse(name).is_ok());
    Some(declared.or_else(|| otherwise.map(str::to_owned)).unwrap_or(candidate.name))
}

/// A skill, and how it stands against others of its name.
struct Place {
    found: Found,
    rank: usize,
    depth: usize,
}

/// A copy of a bundled skill is that skill, and stands in the list once.
fn place(root: &Root, candidate: walk::Candidate) -> Option<Place> {
    if root.source != Source::Bundled && bundled::is_bundled(&candidate.name, &candidate.dir) {
        return None;
    }
    let depth = candidate.depth;
    Some(Place { found: find::found(root, candidate), rank: root.rank, depth })
}

/// Decides who wins each name: the lowest rank, there the shallowest, and of two that are equal
/// in both neither.
fn settle(places: &[Place], entries: &mut [Entry]) {
    let mut winners: HashMap<&str, usize> = HashMap::new();
    for (index, place) in places.iter().enumerate() {
        let winner = *winners.entry(&place.found.name).or_insert(index);
        let standing = |place: &Place| (place.rank, place.depth);
        if standing(place) < standing(&places[winner]) {
            winners.insert(&place.found.name, index);
        }
    }
    for (index, place) in places.iter().enumerate() {
        let winner = winners[place.found.name.as_str()];
        let best = &places[winner];
        if index == winner {
            continue;
        }
        if (best.rank, best.depth) == (place.rank, place.depth) {
            let files = [best.found.file.as_path(), &place.found.file];
            let fault = find::claimed(&place.found.name, files.into_iter());
            entries[winner].header = Err(fault.clone());
            entries[index].header = Err(fault);
        } else {
            entries[index].shadowed_by = Some(best.found.file.clone());
        }
    }
}

fn entry(found: &Found) -> Entry {
    let (header, body_tokens) = match header(&found.file) {
        Ok((header, size)) => {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let body = size.saturating_sub(header.front_bytes);
            (Ok(header), tokens(body))
        }
        Err(fault) => (Err(Fault { spots: Vec::new(), ..fault }), 0),
    };
    Entry { found: found.clone(), header, body_tokens, shadowed_by: None }
}
