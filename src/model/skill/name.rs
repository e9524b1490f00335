//! The name by which a skill is asked for.
//!
//! A name becomes a part of a path, so what could lead out of a skills folder, look like a flag or
//! hide in a terminal is refused before any folder is looked at.

use std::fmt;

use crate::model::{Fault, Result, text};

/// The most characters that a name may have.
pub const MAX_CHARACTERS: usize = 64;

/// A name that may be looked for: `name`, or `plugin:name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SkillName {
    plugin: Option<String>,
    name: String,
}

impl SkillName {
    /// The name that somebody typed.
    ///
    /// # Errors
    /// A usage fault that says what is wrong with it.
    pub fn parse(typed: &str) -> Result<Self> {
        let (plugin, name) = match typed.split_once(':') {
            Some((plugin, name)) => (Some(plugin), name),
            None => (None, typed),
        };
        let problem = plugin.into_iter().chain([name]).find_map(problem);
        match problem {
            None => Ok(Self { plugin: plugin.map(str::to_owned), name: name.to_owned() }),
            Some(problem) => {
                let shown: String = typed.chars().take(MAX_CHARACTERS).collect();
                let message =
                    format!("`{}` is no skill name: {problem}", text::sanitize_line(&shown));
                Err(Fault::usage(message).hint(advice(typed)))
            }
        }
    }

    /// The plugin that holds it.
    pub fn plugin(&self) -> Option<&str> {
        self.plugin.as_deref()
    }

    /// The name without its plugin.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plugin.iter().try_for_each(|plugin| write!(f, "{plugin}:"))?;
        f.write_str(&self.name)
    }
}

/// How a name departs from the open specification, if it does. Such a skill runs all the same.
pub fn departure(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(allowed) {
        Some("the open specification wants lowercase letters, digits and hyphens")
    } else if name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        Some("the open specification wants single hyphens, none at the ends")
    } else if name.chars().count() > MAX_CHARACTERS {
        Some("the open specification wants at most 64 characters")
    } else {
        None
    }
}

fn problem(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("it is empty")
    } else if name.starts_with('-') {
        Some("it starts with `-`")
    } else if name.contains(['/', '\\']) {
        Some("it holds a slash")
    } else if name.starts_with('.') || name.contains("..") {
        Some("it holds `..` or starts with `.`")
    } else if name.contains(':') {
        Some("it holds more than one `:`")
    } else if name.chars().any(text::is_hidden) {
        Some("it holds an invisible character")
    } else if name.chars().count() > MAX_CHARACTERS {
        Some("it has more than 64 characters")
    } else {
        None
    }
}

fn advice(typed: &str) -> &'static str {
    if typed.contains(['/', '\\']) || typed.starts_with('.') {
        "name a skill, not a path; `--skills-dir DIR` looks in another folder"
    } else if typed.starts_with('-') {
        "options of atlas go before the skill, options of the skill after `--`"
    } else {
        "`atlas list` shows the names that exist"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_pass() {
        for typed in
            ["a", "review-diff", "plugin:review", "Отчёт", "レビュー", "a_b c", "v1.2", "con"]
        {
            assert_eq!(SkillName::parse(typed).unwrap().to_string(), typed);
        }
        let name = SkillName::parse("tools:review").unwrap();
        assert_eq!((name.plugin(), name.name()), (Some("tools"), "review"));
        assert!(SkillName::parse(&"ж".repeat(64)).is_ok());
    }

    #[test]
    fn names_that_could_escape_are_refused() {
        let long = "x".repeat(65);
        let rows = [
            ("", "it is empty"),
            ("  ", "it is empty"),
            (":a", "it is empty"),
            ("a:", "it is empty"),
            ("a:b:c", "it holds more than one `:`"),
            ("../../x", "it holds a slash"),
            ("/etc/x", "it holds a slash"),
            ("a\\b", "it holds a slash"),
            ("..", "it holds `..` or starts with `.`"),
            (".", "it holds `..` or starts with `.`"),
            (".git", "it holds `..` or starts with `.`"),
            ("a..b", "it holds `..` or starts with `.`"),
            ("-rf", "it starts with `-`"),
            ("--dangerously-skip-permissions", "it starts with `-`"),
            ("p:-x", "it starts with `-`"),
            ("a\0b", "it holds an invisible character"),
            ("a\nb", "it holds an invisible character"),
            ("a\u{202e}b", "it holds an invisible character"),
            ("a\u{200b}b", "it holds an invisible character"),
            (&long, "it has more than 64 characters"),
        ];
        for (typed, expected) in rows {
            let fault = SkillName::parse(typed).unwrap_err();
            assert_eq!(fault.status, crate::model::Status::Usage);
            assert!(fault.message.ends_with(expected), "{typed:?}: {fault}");
            assert!(!fault.message.chars().any(text::is_hidden), "{fault}");
        }
    }

    #[test]
    fn departures_are_named() {
        let rows = [
            ("review-2", None),
            ("Review", Some("lowercase")),
            ("a--b", Some("single")),
            ("a-", Some("single")),
        ];
        for (name, expected) in rows {
            let found = departure(name);
            assert_eq!(found.is_some(), expected.is_some(), "{name}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{name}");
        }
    }
}
