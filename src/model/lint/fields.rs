//! The other fields of the front matter, and how it was read.

use super::{
    Finding, Page,
    name::first_line,
    rules::{
        COMPATIBILITY_LENGTH, DESCRIPTION_LENGTH, DESCRIPTION_MISSING, FIELD_SHAPE, FIELD_UNKNOWN,
        FRONT_MATTER, FRONT_MATTER_BROKEN, FRONT_MATTER_FIRST,
    },
};
use crate::model::{
    skill::{
        Skill,
        front_matter::{CLAUDE_CODE, Field, SPECIFIED},
        yaml::Value,
    },
    suggest::nearest,
};

const MAX_DESCRIPTION: usize = 1024;
const MAX_COMPATIBILITY: usize = 500;

/// What had to be forgiven.
pub(super) fn read_leniently(skill: &Skill) -> impl Iterator<Item = Finding> {
    let refused = skill.refused.iter().map(|spot| (&FRONT_MATTER_BROKEN, spot));
    let forgiven = skill.warnings.iter().map(|spot| (&FRONT_MATTER, spot));
    refused.chain(forgiven).map(|(rule, spot)| Finding { rule, spot: spot.clone() })
}

/// Keys that the open specification does not know.
pub(super) fn unknown(skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let told = |field: &Field| skill.warnings.iter().any(|spot| spot.span == field.span);
    let fields = skill.front.fields.iter();
    let unknown = fields.filter(|field| !SPECIFIED.contains(&field.key.as_str()) && !told(field));
    unknown
        .map(|field| {
            let key = &field.key;
            let (message, help) = if CLAUDE_CODE.contains(&key.as_str()) {
                let help = "keep it for Claude Code alone; an upload to claude.ai refuses it";
                (format!("`{key}` is Claude Code's own"), help.to_owned())
            } else {
                let near = nearest(key, SPECIFIED.iter().copied()).first().copied();
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let help = help.unwrap_or_else(|| format!("write it under `metadata`: `{key}: …`"));
                (format!("unknown key `{key}`"), help)
            };
            page.finding(&FIELD_UNKNOWN, field.span.clone(), message, help)
        })
        .collect()
}

/// What has to be there, and where it has to begin.
pub(super) fn required(skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let front = &skill.front;
    let text = skill.text.trim_start_matches('\u{feff}');
    let mut found = Vec::new();
    if !front.fields.is_empty() && !text.starts_with("---") {
        let start = skill.text.len() - text.len();
        let end = start + (text.len() - text.trim_start().len());
        let message = "the front matter is not at the beginning of the file";
        let help = "begin the file with its `---`";
        found.push(page.finding(&FRONT_MATTER_FIRST, start..end, message, help));
    }
    let nothing_else = front.fields.is_empty() && !skill.warnings.is_empty();
    if front.description.is_none() && !nothing_else {
        let field = front.field("description");
        let span = field.map_or(0..first_line(&skill.text), |field| field.span.clone());
        let message = "the skill does not say what it does";
        let help = "write `description:`, what it does and when to use it";
        found.push(page.finding(&DESCRIPTION_MISSING, span, message, help));
    }
    found
}

/// What the fields hold.
pub(super) fn shapes(skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let front = &skill.front;
    let limits = [
        ("description", MAX_DESCRIPTION, &DESCRIPTION_LENGTH),
        ("compatibility", MAX_COMPATIBILITY, &COMPATIBILITY_LENGTH),
    ];
    let mut found = Vec::new();
    for (key, limit, rule) in limits {
        let Some(field) = front.field(key) else { continue };
        let length = field.text.chars().count();
        if length > limit {
            let message = format!("{length} characters; at most {limit} are allowed");
            let help = "say it shorter; the body has room for the rest";
            found.push(page.finding(rule, field.value.span.clone(), message, help));
        }
    }
    let mut shape = |field: &Field, message: &str, help: &str| {
        found.push(page.finding(&FIELD_SHAPE, field.value.span.clone(), message, help));
    };
    let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::Null);
    for field in ["license", "compatibility"].into_iter().filter_map(|key| front.field(key)) {
        if !is_text(&field.value.value) {
            shape(field, &format!("`{}` is a text", field.key), "put it in quotes");
        }
    }
    if let Some(field) = front.field("metadata") {
        let flat = match &field.value.value {
            Value::Null => true,
            Value::Map(pairs) => pairs.iter().all(|(_, value)| is_text(&value.value)),
            Value::Text(_) | Value::List(_) => false,
        };
        if !flat {
            shape(field, "`metadata` is keys with texts", "write `key: text`, one a line");
        }
    }
    found
}
