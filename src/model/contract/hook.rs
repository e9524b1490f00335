//! A hook: a command that checks.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};

use crate::model::{
    bundled_hook::{BundledHook, With},
    check::Timing,
    value::Span,
    yaml::Spanned,
};

/// A command that checks before, during or after the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Hook {
    /// When it runs.
    pub timing: Timing,
    /// What runs.
    pub action: HookAction,
    /// Whether a failure stops or rejects the run; else it is only shown.
    pub blocking: bool,
    /// How long it may take, if it says so.
    pub timeout: Option<Spanned<Span>>,
    /// What a mid hook follows.
    pub on: On,
    /// Hooks of the same timing that must pass before it runs.
    pub needs: Vec<Spanned<String>>,
    /// Globs of skill names; empty: every skill.
    pub skills: Vec<Spanned<String>>,
    /// Globs of step ids; empty: every step.
    pub steps: Vec<Spanned<String>>,
    /// Globs of repository paths; empty: every repository. Only in the user's configuration.
    pub repos: Vec<Spanned<String>>,
    /// Environment variables that it gets besides the usual ones.
    pub env: Vec<Spanned<String>>,
    /// Its own files that the work may change.
    pub may_change: Vec<Spanned<String>>,
    /// Whether it stands in the place of a hook of the same name in a lower layer.
    pub replace: bool,
}

/// What a hook runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAction {
    /// A program with its arguments; no shell.
    Command(Spanned<Argv>),
    /// A hook that comes with atlas.
    Use(Bundled),
}

/// A hook that comes with atlas, and how it is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// Which one.
    pub hook: Spanned<BundledHook>,
    /// Its options.
    pub with: Box<With>,
}

/// What a mid hook follows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Every agent step.
    #[default]
    Step,
    /// Every change of a file inside a call.
    Edit,
}

/// A program and its arguments; never empty, never read by a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Argv(Vec<String>);

impl Argv {
    /// The program.
    pub fn program(&self) -> &str {
        self.0.first().expect("an argv is never empty")
    }

    /// What it is given.
    pub fn arguments(&self) -> &[String] {
        &self.0[1..]
    }

    /// The program and what it is given.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// The same command with other words, as many as before.
    ///
    /// # Errors
    /// What `change` says.
    pub fn try_map<E>(
        &self,
        change: impl Fn(&[String]) -> Result<Vec<String>, E>,
    ) -> Result<Self, E> {
        let words = change(&self.0)?;
        Ok(if words.is_empty() { self.clone() } else { Self(words) })
    }
}

impl<'de> Deserialize<'de> for Argv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Argv;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a program with its arguments, such as [cargo, test]")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Argv, E> {
                let words: Vec<&str> = text.split_whitespace().collect();
                let list = words.join(", ");
                Err(E::custom(format!("no shell reads a command, write a list such as [{list}]")))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Argv, A::Error> {
                let mut words: Vec<String> = Vec::new();
                while let Some(word) = seq.next_element()? {
                    words.push(word);
                }
                if words.first().is_none_or(String::is_empty) {
                    return Err(A::Error::custom("the program to run is missing"));
                }
                if words.iter().any(|word| word.contains('\0')) {
                    return Err(A::Error::custom("a command cannot hold a NUL character"));
                }
                Ok(Argv(words))
            }
        }

        deserializer.deserialize_any(Words)
    }
}

impl schemars::JsonSchema for Argv {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Argv".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array", "items": { "type": "string" }, "minItems": 1,
            "description": "a program and its arguments; no shell reads them"
        })
    }
}

/// A hook as it is written.
#[derive(Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Hook")]
struct Written {
    /// When it runs.
    timing: Timing,
    /// The program and its arguments; no shell reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Spanned<Argv>>,
    /// A hook that comes with atlas, instead of a command.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    bundled: Option<Spanned<BundledHook>>,
    /// Options of the hook that comes with atlas.
    #[serde(default, skip_serializing_if = "With::is_empty")]
    with: With,
    /// Whether a failure stops or rejects the run; true unless said otherwise.
    #[serde(default = "yes")]
    blocking: bool,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<Spanned<Span>>,
    /// What a mid hook follows: each step, or each edit.
    #[serde(default)]
    on: Option<On>,
    /// Hooks of the same timing that must pass before it runs.
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    /// Globs of skill names; none: every skill.
    #[serde(default)]
    skills: Vec<Spanned<String>>,
    /// Globs of step ids; none: every step.
    #[serde(default)]
    steps: Vec<Spanned<String>>,
    /// Globs of repository paths; only in the user's own configuration.
    #[serde(default)]
    repos: Vec<Spanned<String>>,
    /// Environment variables that it gets besides the usual ones.
    #[serde(default)]
    env: Vec<Spanned<String>>,
    /// Its own files that the work may change.
    #[serde(default)]
    may_change: Vec<Spanned<String>>,
    /// Whether it stands in the place of a hook of the same name in a lower layer.
    #[serde(default)]
    replace: bool,
}

fn yes() -> bool {
    true
}

impl TryFrom<Written> for Hook {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let action = match (written.command, written.bundled) {
            (Some(_), None) if !written.with.is_empty() => {
                return Err("`with` goes with `use`; a command has its options in its list");
            }
            (Some(command), None) => HookAction::Command(command),
            (None, Some(hook)) => HookAction::Use(Bundled { hook, with: Box::new(written.with) }),
            (None, None) => return Err("a hook needs `command` or `use`"),
            (Some(_), Some(_)) => return Err("a hook has `command` or `use`, not both"),
        };
        if written.on.is_some() && written.timing != Timing::Mid {
            return Err("only a mid hook says what it runs `on`");
        }
        Ok(Self {
            timing: written.timing,
            action,
            blocking: written.blocking,
            timeout: written.timeout,
            on: written.on.unwrap_or_default(),
            needs: written.needs,
            skills: written.skills,
            steps: written.steps,
            repos: written.repos,
            env: written.env,
            may_change: written.may_change,
            replace: written.replace,
        })
    }
}

impl From<Hook> for Written {
    fn from(hook: Hook) -> Self {
        let (command, bundled, with) = match hook.action {
            HookAction::Command(command) => (Some(command), None, With::default()),
            HookAction::Use(Bundled { hook, with }) => (None, Some(hook), *with),
        };
        Self {
            timing: hook.timing,
            command,
            bundled,
            with,
            blocking: hook.blocking,
            timeout: hook.timeout,
            on: (hook.timing == Timing::Mid).then_some(hook.on),
            needs: hook.needs,
            skills: hook.skills,
            steps: hook.steps,
            repos: hook.repos,
            env: hook.env,
            may_change: hook.may_change,
            replace: hook.replace,
        }
    }
}

impl schemars::JsonSchema for Hook {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}
