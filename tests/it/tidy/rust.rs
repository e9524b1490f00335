//! Rust source as far as the rules need it.

mod paths;
mod tokens;

pub(crate) use paths::{UsedPath, paths};
pub(crate) use tokens::{Token, tokens};
