//! `atlas session salvage`: what is good of a damaged session, in a new one.

use serde::Serialize;

use super::super::context::Context;
use crate::{
    model::Result,
    report::words,
    store::session::{NewSession, SessionDir, Sessions},
};

#[derive(Serialize)]
struct Document {
    session: String,
    path: String,
    from: String,
    lines: usize,
    bytes_left: u64,
    why: String,
    lost_outputs: Vec<String>,
}

pub(super) fn salvage(old: &SessionDir, sessions: &Sessions, context: &Context) -> Result<()> {
    let home = sessions.home()?;
    let saved = home.salvage(old, &NewSession { clock: context.clock, claude: None })?;
    for path in &saved.lost {
        context.printer.warn(&format!("`{path}` is not what was committed"));
    }
    let id = saved.session.id.as_str();
    let document = || Document {
        session: id.to_owned(),
        path: saved.session.path.display().to_string(),
        from: old.id.to_string(),
        lines: saved.lines,
        bytes_left: saved.bytes_left,
        why: saved.why.clone(),
        lost_outputs: saved.lost.clone(),
    };
    context.give(document, |look| {
        let lines = words::count(saved.lines, "line");
        let left = format!("{} bytes after them are left out: {}", saved.bytes_left, saved.why);
        format!("{id}: {lines} of {}\n{}\n", old.id, words::first_line(&left, look))
    })
}
