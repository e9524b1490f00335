//! How much an agent has to read.

use super::{Finding, Page, rules::BODY_LENGTH};
use crate::model::skill::{Skill, tokens};

const MAX_LINES: usize = 500;
const MAX_TOKENS: usize = 5_000;

pub(super) fn size(skill: &Skill, page: &Page<'_>) -> Option<Finding> {
    let body = skill.body();
    let (lines, tokens) = (body.lines().count(), tokens(body.len()));
    let message = match (lines > MAX_LINES, tokens > MAX_TOKENS) {
        (false, false) => return None,
        (true, _) => format!("the body has {lines} lines; {MAX_LINES} are a good limit"),
        (false, true) => {
            format!("the body has about {tokens} tokens; {MAX_TOKENS} are a good limit")
        }
    };
    let indent = body.len() - body.trim_start().len();
    let start = skill.body_start + indent;
    let end = start + super::name::first_line(&skill.text[start..]);
    let help = "move what is not always needed into files under `references/`, and link them";
    Some(page.finding(&BODY_LENGTH, start..end, message, help))
}
