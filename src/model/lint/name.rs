//! The name of a skill.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{
    Finding, Page,
    rules::{FILE_NAME, NAME_FOLDER, NAME_FORM, NAME_MISSING},
};
use crate::model::skill::{Skill, name::MAX_CHARACTERS};

pub(super) fn name(skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let front = &skill.front;
    let folder = skill.found.name.rsplit(':').next().unwrap_or_default();
    let Some(field) = front.field("name").filter(|_| front.name.is_some()) else {
        // Without front matter, that is what has to be mended.
        if front.fields.is_empty() && !skill.warnings.is_empty() {
            return Vec::new();
        }
        let span = front.field("name").map_or(0..first_line(&skill.text), |it| it.span.clone());
        let help = format!("write `name: {folder}`");
        return vec![page.finding(&NAME_MISSING, span, "the skill does not say its name", help)];
    };
    let name = normal(front.name.as_deref().unwrap_or_default());
    let span = field.value.span.clone();
    let mut found = Vec::new();
    if let Some(objection) = objection(&name) {
        let help = match suggestion(&name) {
            Some(better) => format!("write `name: {better}`"),
            None => "write a name of letters, digits and single hyphens".to_owned(),
        };
        found.push(page.finding(&NAME_FORM, span.clone(), objection, help));
    }
    if normal(folder) != name {
        let message = format!("the skill is called `{name}`, its folder `{folder}`");
        let help = format!("rename the folder, or write `name: {folder}`");
        found.push(page.finding(&NAME_FOLDER, span, message, help));
    }
    found
}

/// The name of the file itself.
pub(super) fn file(skill: &Skill, page: &Page<'_>) -> Option<Finding> {
    let file = skill.found.file.file_name()?.to_string_lossy();
    let message = format!("the file is called `{file}`");
    let span = 0..first_line(&skill.text);
    let known = file == "SKILL.md" || file == "skill.md";
    (!known).then(|| page.finding(&FILE_NAME, span, message, "rename it to `SKILL.md`"))
}

/// What the open specification has against a name, if anything.
pub fn objection(name: &str) -> Option<&'static str> {
    let name = normal(name);
    let fits = |c: char| c == '-' || c.is_alphanumeric() && !is_combining_mark(c);
    if name.is_empty() {
        Some("a name has at least one character")
    } else if name.chars().count() > MAX_CHARACTERS {
        Some("a name has at most 64 characters")
    } else if name != name.to_lowercase() {
        Some("a name has no capital letters")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("a name has no hyphen at its ends")
    } else if name.contains("--") {
        Some("a name has no two hyphens side by side")
    } else if !name.chars().all(fits) {
        Some("a name is made of letters, digits and hyphens")
    } else {
        None
    }
}

/// A name as it is compared.
fn normal(name: &str) -> String {
    name.trim().nfkc().collect()
}

/// The name that was probably meant.
fn suggestion(name: &str) -> Option<String> {
    let mut better = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            '-' | '_' | '.' | ' ' if !better.ends_with('-') => better.push('-'),
            letter if letter.is_alphanumeric() && !is_combining_mark(letter) => better.push(letter),
            _ => {}
        }
    }
    let better: String = better.trim_matches('-').chars().take(MAX_CHARACTERS).collect();
    let better = better.trim_end_matches('-');
    objection(better).is_none().then(|| better.to_owned())
}

/// Where the first line of a text ends.
pub(super) fn first_line(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}
