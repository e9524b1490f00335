//! What stands in the place of a skill where a session of Claude Code is judged: its contract is all
//! there is.

use std::path::Path;

use crate::{
    model::{
        Fault, Request, Result,
        digest::sha256,
        skill::{Found, MAX_BYTES, Skill, source::Source},
    },
    store::contracts,
    sys::fs::read_capped,
};

/// What the work is, for whoever judges it.
const TEXT: &str = "\
A person worked with an agent in a session of Claude Code. What the agent changed since the person's \
instruction is the work; its last words are the output.
";

/// The skill of a session. Its file is the contract: that decides who trusts it, and a resume sees
/// when it has changed.
pub(super) fn skill(request: &Request, root: &Path) -> Result<Skill> {
    let name = &request.skill;
    let (file, source) = match &request.contract {
        Some(own) => (own.clone(), Source::Personal),
        None => match contracts::replacement(name) {
            Some(file) => (root.join(file), Source::Project),
            None => {
                return Err(Fault::usage(format!("`{}` names no contract", name.escape_debug())));
            }
        },
    };
    let dir = file.parent().unwrap_or(root).to_owned();
    let bytes = read_capped(&file, MAX_BYTES as u64);
    let bytes =
        bytes.map_err(|error| Fault::invalid("the contract cannot be read").because(error))?;
    let found = Found { name: name.clone(), dir, file, source };
    Ok(Skill { sha256: sha256(&bytes), ..Skill::read(found, TEXT.as_bytes())? })
}
