//! `--index`: what is staged takes the place of the tree as it is.
//!
//! A git hook runs while git holds its own lock on the index. Nothing here waits for that lock or
//! writes the index: it is read, and its tree is laid out in a copy.

use std::path::Path;

use super::Around;
use crate::{
    model::{Fault, Result},
    sys::git::Repository,
};

/// Names the index that a hook of git shall look at, from the root of the tree.
const INDEX_FILE: &str = "GIT_INDEX_FILE";

/// The repository, with the index that git means.
pub(super) fn repository(found: Option<Repository>, around: &Around) -> Result<Repository> {
    let repository = found
        .ok_or_else(|| Fault::usage("`--index` needs a git repository, and there is none here"))?;
    let named = around.env.get_os(INDEX_FILE).filter(|name| !name.is_empty());
    Ok(match named {
        Some(name) => repository.with_index(Path::new(name)),
        None => repository,
    })
}
