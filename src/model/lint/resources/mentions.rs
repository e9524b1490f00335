//! Paths below `scripts/`, `references/` and `assets/` in the text of a skill, and what is done
//! with them there.

use std::ops::Range;

/// The folders that the open specification gives a meaning.
const FOLDERS: [&str; 3] = ["scripts/", "references/", "assets/"];

/// How the skill's own folder is written before a path.
const BASES: [&str; 6] = [
    "./",
    "${CLAUDE_SKILL_DIR}/",
    "$CLAUDE_SKILL_DIR/",
    "${ATLAS_SKILL_DIR}/",
    "$ATLAS_SKILL_DIR/",
    "{baseDir}/",
];

/// Programs that read a script, so that the script itself need not be executable.
const READERS: [&str; 18] = [
    "python", "python3", "sh", "bash", "zsh", "node", "ruby", "perl", "php", "deno", "bun", "npx",
    "tsx", "uv", "run", "source", ".", "Rscript",
];

/// A path in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// From the skill's folder.
    pub(super) path: String,
    /// Its bytes in the body, with what stands for the skill's folder.
    pub(super) span: Range<usize>,
    /// What is done with it.
    pub(super) manner: Manner,
}

/// What is done with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It is given to a program that reads it.
    ByProgram,
    /// It is called, with arguments or as a line of code.
    Called,
    /// It stands by itself in a span of code, which may mean a call.
    Alone,
    /// It is only named.
    Named,
}

/// Every path in the order of the text, of each folder at most so many; `code` are the blocks of
/// code in it.
pub(super) fn mentions(body: &str, code: &[Range<usize>], most: usize) -> Vec<Mention> {
    let below = |folder| {
        let places = body.match_indices(folder);
        places.filter_map(|(at, _)| mention(body, at, code)).take(most)
    };
    let mut found: Vec<Mention> = FOLDERS.into_iter().flat_map(below).collect();
    found.sort_by_key(|mention| mention.span.start);
    found
}

fn mention(body: &str, at: usize, code: &[Range<usize>]) -> Option<Mention> {
    let start = BASES.iter().find(|base| body[..at].ends_with(**base));
    let start = at - start.map_or(0, |base| base.len());
    let joined = |c: char| c.is_alphanumeric() || "_-./\\~$@%}:".contains(c);
    if body[..start].ends_with(joined) {
        return None;
    }
    let in_path = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    let rest = &body[at..];
    let length = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
    // What is filled in later names no file.
    if rest[length..].starts_with(['*', '<', '{', '[', '$', '(']) {
        return None;
    }
    let path = rest[..length].trim_end_matches(['.', '/', '-']);
    let names_file = FOLDERS.iter().all(|folder| folder.trim_end_matches('/') != path);
    let leads_up = path.split('/').any(|part| part == "..");
    let span = start..at + path.len();
    (names_file && !leads_up).then(|| Mention {
        path: path.to_owned(),
        manner: manner(body, &span, code),
        span,
    })
}

fn manner(body: &str, span: &Range<usize>, code: &[Range<usize>]) -> Manner {
    let line_start = body[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &body[line_start..span.start];
    let after = &body[span.end..];
    let command = before.rsplit(['`', ';', '|', '&', '(', '"']).next().unwrap_or_default();
    let mut words = command.split_whitespace().filter(|word| *word != "$");
    if words.any(|word| READERS.contains(&word)) {
        return Manner::ByProgram;
    }
    let nothing_before = command.trim().is_empty() || command.trim() == "$";
    let in_block = code.iter().any(|block| block.contains(&span.start));
    let in_span = before.ends_with('`');
    match (nothing_before, in_block, in_span) {
        (true, true, _) => Manner::Called,
        (true, false, true) if after.starts_with(' ') => Manner::Called,
        (true, false, true) if after.starts_with('`') => Manner::Alone,
        (true | false, _, _) => Manner::Named,
    }
}
