//! Values on the command line, from their text.

use crate::{
    model::{
        Status, TABLE,
        value::{NotAValue, Span},
    },
    sys::git::is_branch_name,
};

pub(in crate::cli) fn input(typed: &str) -> Result<(String, String), NotAValue> {
    match typed.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err(NotAValue("write NAME=VALUE, NAME=@FILE or NAME=-".to_owned())),
    }
}

pub(super) fn branch_name(typed: &str) -> Result<String, NotAValue> {
    if is_branch_name(typed) {
        return Ok(typed.to_owned());
    }
    Err(NotAValue("git takes no such name for a branch".to_owned()))
}

pub(super) fn timeout(typed: &str) -> Result<Span, NotAValue> {
    let span: Span = typed.parse()?;
    if span == Span::default() {
        return Err(NotAValue("no time at all is no timeout, write 90s or 10m".to_owned()));
    }
    Ok(span)
}

pub(super) fn status(typed: &str) -> Result<Status, NotAValue> {
    let names = || TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    Status::from_name(typed).ok_or_else(|| NotAValue(format!("write one of {}", names())))
}
