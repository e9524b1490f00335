//! The one table of rules. `docs/reference/check.md` is written from it.

use std::fmt::{self, Write as _};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It breaks a run, or hides something from whoever reads the file.
    Error,
    /// It runs, but is not what the open specification says, or not what was meant.
    Warning,
    /// It is worth knowing, and says nothing against the file: it may be so on this machine alone.
    Note,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// What a finding can be about.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which never changes.
    pub id: &'static str,
    /// How much it weighs where nobody asked to be strict.
    pub level: Level,
    /// What breaks it, as half a sentence.
    pub what: &'static str,
    /// Why it is there, or what to do, as a sentence.
    pub why: &'static str,
}

const fn error(id: &'static str, what: &'static str, why: &'static str) -> Rule {
    Rule { id, level: Level::Error, what, why }
}

const fn warning(id: &'static str, what: &'static str, why: &'static str) -> Rule {
    Rule { id, level: Level::Warning, what, why }
}

const fn note(id: &'static str, what: &'static str, why: &'static str) -> Rule {
    Rule { id, level: Level::Note, what, why }
}

/// Every rule, by what it is about.
pub static ALL: &[&Rule] = &[
    &UNREADABLE,
    &FILE_NAME,
    &FRONT_MATTER_BROKEN,
    &FRONT_MATTER,
    &FRONT_MATTER_FIRST,
    &NAME_MISSING,
    &NAME_FORM,
    &NAME_FOLDER,
    &DESCRIPTION_MISSING,
    &DESCRIPTION_LENGTH,
    &COMPATIBILITY_LENGTH,
    &FIELD_UNKNOWN,
    &FIELD_SHAPE,
    &BODY_LENGTH,
    &RESOURCE_MISSING,
    &RESOURCE_OUTSIDE,
    &SCRIPT_MISSING,
    &SCRIPT_NOT_EXECUTABLE,
    &HIDDEN_TEXT,
    &INVISIBLE_CHARACTER,
    &COMMENT_INSTRUCTS,
    &CONTRACT_BROKEN,
    &CONTRACT_FOR_NOBODY,
    &SECTION_MISSING,
    &SECTION_UNUSED,
    &SCHEMA_BROKEN,
    &CONFIG_BROKEN,
    &HOOKS_UNFIT,
    &HOOK_GLOB,
    &HOOK_COMMAND,
    &HOOK_PROGRAM,
];

/// A file that cannot be read.
pub static UNREADABLE: Rule =
    error("unreadable", "a file cannot be read", "No run could read it either.");
pub(super) static FILE_NAME: Rule = warning(
    "file-name",
    "the file is spelled neither `SKILL.md` nor `skill.md`",
    "atlas takes any case; other clients look for these names alone.",
);
/// Front matter that cannot be read.
pub static FRONT_MATTER_BROKEN: Rule = error(
    "front-matter-broken",
    "the front matter is not closed, too large, or no YAML even with quotes put in",
    "Other clients take nothing of it; atlas reads each key by itself, up to 64 KiB.",
);
pub(super) static FRONT_MATTER: Rule = warning(
    "front-matter",
    "something in the file had to be forgiven: quotes that are missing, a key written twice, \
     bytes that are no UTF-8, no front matter at all",
    "atlas says how it read it; another client may refuse the skill.",
);
pub(super) static FRONT_MATTER_FIRST: Rule = warning(
    "front-matter-first",
    "something stands before the front matter",
    "The open specification wants it on the first line.",
);
pub(super) static NAME_MISSING: Rule = warning(
    "name-missing",
    "the front matter has no `name`",
    "The open specification requires it; atlas takes the folder's name.",
);
pub(super) static NAME_FORM: Rule = warning(
    "name-form",
    "the name has more than 64 characters, capital letters, hyphens at an end or side by side, or \
     anything but letters, digits and hyphens",
    "Names are compared after Unicode's NFKC normalization, so a letter of any script will do.",
);
pub(super) static NAME_FOLDER: Rule = warning(
    "name-folder",
    "the name is not that of the folder",
    "The open specification wants them equal; atlas finds a skill by either.",
);
pub(super) static DESCRIPTION_MISSING: Rule = warning(
    "description-missing",
    "the front matter has no `description`",
    "It is all that an agent knows of a skill when it chooses one.",
);
pub(super) static DESCRIPTION_LENGTH: Rule = warning(
    "description-length",
    "the description has more than 1,024 characters",
    "The open specification allows no more; each description is a part of every conversation.",
);
pub(super) static COMPATIBILITY_LENGTH: Rule = warning(
    "compatibility-length",
    "`compatibility` has more than 500 characters",
    "The open specification allows no more.",
);
pub(super) static FIELD_UNKNOWN: Rule = warning(
    "field-unknown",
    "a key that the open specification does not know",
    "Other clients refuse or ignore it, those of Claude Code too. What is atlas's own stands in \
     `contract.yaml`; what is yours can stand under `metadata`.",
);
pub(super) static FIELD_SHAPE: Rule = warning(
    "field-shape",
    "`license` or `compatibility` is no text, or `metadata` is not made of keys with texts",
    "The open specification says what they hold.",
);
pub(super) static BODY_LENGTH: Rule = warning(
    "body-length",
    "the body has more than 500 lines or about 5,000 tokens",
    "Move what is not always needed into files under `references/`.",
);
pub(super) static RESOURCE_MISSING: Rule = warning(
    "resource-missing",
    "a link or a path names a file that the skill does not have",
    "The agent would look for it in vain.",
);
pub(super) static RESOURCE_OUTSIDE: Rule = warning(
    "resource-outside",
    "a link leads out of the skill's folder",
    "Where the skill is installed elsewhere, it leads nowhere.",
);
pub(super) static SCRIPT_MISSING: Rule = warning(
    "script-missing",
    "a script is named that neither the skill nor the repository has",
    "The agent would call it in vain.",
);
pub(super) static SCRIPT_NOT_EXECUTABLE: Rule = warning(
    "script-not-executable",
    "a script is called by its path alone, but may not be executed",
    "`chmod +x` it, or name the program that reads it.",
);
pub(super) static HIDDEN_TEXT: Rule = error(
    "hidden-text",
    "characters of the Unicode tag block, or marks that reverse the direction of writing",
    "A model reads them, and no person sees them, or not in this order.",
);
pub(super) static INVISIBLE_CHARACTER: Rule = warning(
    "invisible-character",
    "characters without width, or control characters",
    "They are hardly ever meant; joiners inside emoji and in scripts that need them are fine.",
);
pub(super) static COMMENT_INSTRUCTS: Rule = warning(
    "comment-instructs",
    "an HTML comment reads like an instruction",
    "A model reads comments, whoever looks at the rendered page does not.",
);
/// A contract that cannot be read.
pub static CONTRACT_BROKEN: Rule = error(
    "contract-broken",
    "a contract is no YAML, or says what no contract can say",
    "The skill cannot run.",
);
/// A contract without a skill.
pub static CONTRACT_FOR_NOBODY: Rule = warning(
    "contract-for-nobody",
    "a contract in `.claude/contracts/` is for a skill that is not here",
    "Its file is named like the skill: `<skill>.yaml`, or `<plugin>/<skill>.yaml`.",
);
pub(super) static SECTION_MISSING: Rule = error(
    "section-missing",
    "a step names a section that the skill does not have",
    "The run would end before its first call.",
);
pub(super) static SECTION_UNUSED: Rule = warning(
    "section-unused",
    "a section that no step of the contract uses, though others are used",
    "No agent ever reads it.",
);
pub(super) static SCHEMA_BROKEN: Rule = error(
    "schema-broken",
    "an output's schema is not there, or is no JSON Schema",
    "The run would end before its first call.",
);
/// A configuration that cannot be read.
pub static CONFIG_BROKEN: Rule = error(
    "config-broken",
    "a configuration is no YAML, or says what no configuration of a repository can say",
    "No run would begin.",
);
pub(super) static HOOKS_UNFIT: Rule = error(
    "hooks-unfit",
    "two hooks of one name, a need that no hook answers, hooks that wait for each other",
    "No run would begin.",
);
pub(super) static HOOK_GLOB: Rule = error(
    "hook-glob",
    "a pattern of a hook's `skills`, `steps` or `repos` is none",
    "No run would begin.",
);
pub(super) static HOOK_COMMAND: Rule = error(
    "hook-command",
    "a command names a file that is not there or cannot be started",
    "The check could not run, and whatever could not be looked at is not passed.",
);
pub(super) static HOOK_PROGRAM: Rule = note(
    "hook-program",
    "the program of a command is not on this machine",
    "It may be on the one where the skill runs, or the work itself may make it.",
);

/// The page of the reference, in Markdown.
pub fn page() -> String {
    let mut page = "# Rules\n\nWhat `atlas check` looks for. An error breaks a run or hides \
                    something; a warning is an error with `--strict`; a note never is.\n"
        .to_owned();
    for rule in ALL {
        let (id, level) = (rule.id, rule.level);
        write!(page, "\n## {id}\n\n*{level}*: {}.\n\n{}\n", rule.what, rule.why)
            .expect("writing to a string cannot fail");
    }
    page
}
