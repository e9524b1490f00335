//! Every variable that atlas reads, and what a child sees of its surroundings, as people read it.

use crate::{
    engine::child_env,
    model::{config, passed_on},
    report::{Look, wrap},
};

/// The user's home folder.
pub(super) const HOME: &str = "HOME";
/// Folders of skills, separated as in `PATH`.
pub(super) const SKILLS_PATH: &str = "ATLAS_SKILLS_PATH";

/// A variable that atlas reads and that is no setting; those are [`config::VARIABLES`].
#[derive(Clone, Copy, Debug)]
pub struct ReadVariable {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub meaning: &'static str,
}

/// Every variable that atlas reads and that is no setting. A test looks for others in the source.
pub const READ: &[ReadVariable] = &[
    row("ATLAS_CLAUDE", "the claude to call, as an absolute path, in place of the search for one"),
    row("ATLAS_HOME", "one folder for `config`, `state` and `cache`, in place of the system's"),
    row(SKILLS_PATH, "folders of skills, separated by `:`, searched after `--skills-dir`"),
    row("ATLAS_SESSION", "set by atlas for its children: the session that `atlas scratch` means"),
    row("ATLAS_RUN", "set by atlas for its children; a note of `atlas scratch` is marked with it"),
    row("ATLAS_STEP", "the same"),
    row("ATLAS_UNIT", "the same"),
    row("ATLAS_SKILL_DIR", "set by atlas for its children: where bundled hooks look for a schema"),
    row("ATLAS_DEPTH", "set by atlas for its children: how deep atlas runs in atlas"),
    row("ATLAS_EDIT_ORDER", "set by atlas for claude: what hooks are asked after an edit"),
    row("ANTHROPIC_API_KEY", "kept out of the agent's shell, and handed to claude another way"),
    row("ANTHROPIC_BASE_URL", "a recording says so where it names this very machine"),
    row("ANTHROPIC_AUTH_TOKEN", "a key too: money limits hold, as they do not on a plan"),
    row("CLAUDE_CONFIG_DIR", "where claude's settings and login are, in place of `~/.claude`"),
    row("CLAUDE_CODE_USE_BEDROCK", "a cloud pays: money limits hold, and its keys reach claude"),
    row("CLAUDE_CODE_USE_VERTEX", "the same for another cloud"),
    row("CLAUDE_CODE_USE_FOUNDRY", "the same for another cloud"),
    row("CI", "where it is set, a pass needs checks, as with `--require checks`; nobody is asked"),
    row("CLAUDECODE", "set by claude for what its agent starts, which cannot give trust"),
    row("GIT_DIR", "set by git for its hooks, in which nobody is asked"),
    row("GIT_INDEX_FILE", "the same; besides, the index that `--index` takes for the tree"),
    row("GIT_EXEC_PATH", "the same"),
    row("GIT_PREFIX", "the same"),
    row("PRE_COMMIT", "set by pre-commit for its hooks: the same"),
    row("GITHUB_ACTIONS", "`true`: no line of the talk is a command to GitHub's runner"),
    row("GITHUB_STEP_SUMMARY", "the file that `--format github` adds a summary of the run to"),
    row("NO_COLOR", "no colors, unless `--color always` is given"),
    row("CLICOLOR", "`0`: no colors"),
    row("CLICOLOR_FORCE", "colors also where nobody looks"),
    row("TERM", "`dumb`: words in place of symbols, and nothing that moves"),
    row("COLUMNS", "how wide help is, where it is not on a terminal"),
    row(HOME, "where `~/.claude` is, and the folders of this user"),
    row("XDG_CONFIG_HOME", "where the folder `atlas` with `config.yaml` is"),
    row("XDG_STATE_HOME", "where trust and the day's spend are kept"),
    row("XDG_CACHE_HOME", "where what can be made again is kept"),
    row("USER", "what a recording replaces by a placeholder"),
    row("LOGNAME", "the same, where `USER` is not set"),
    row("TMPDIR", "where temporary files are; a recording replaces it by a placeholder"),
    row("XDG_DATA_HOME", "where bash finds your own completions"),
    row("XDG_DATA_DIRS", "where packages put completions, as `atlas doctor` sees them"),
    row("SHELL", "whose completions `atlas doctor` looks for"),
    row("PATH", "where claude and the programs of hooks are searched"),
];

/// The names that atlas sets for a child; a configuration cannot use them.
const FOR_CHILDREN: &str = "ATLAS_SESSION ATLAS_RUN ATLAS_UNIT ATLAS_SKILL ATLAS_SKILL_DIR \
     ATLAS_STEP ATLAS_DEPTH";

/// What atlas sets for hooks alone.
const FOR_HOOKS: &str = "ATLAS_OUTPUT_FILE";

/// What atlas sets for claude alone, the last only for isolated calls.
const FOR_CLAUDE: &str =
    "CLAUDE_CODE_MAX_RETRIES DISABLE_AUTOUPDATER CLAUDE_CODE_DISABLE_BACKGROUND_TASKS";

const fn row(name: &'static str, meaning: &'static str) -> ReadVariable {
    ReadVariable { name, meaning }
}

/// `atlas help environment`.
pub(super) fn text(look: Look) -> String {
    let settings = config::VARIABLES.iter().map(|it| {
        let flag = it.flag;
        (it.name, format!("{}; the flag is {flag}", it.meaning))
    });
    let children = children();
    let read = READ.iter().map(|it| (it.name, it.meaning.to_owned()));
    [
        chapter("Settings, above the configuration files and below flags:", settings, look),
        chapter("Besides, atlas reads:", read, look),
        chapter(
            "A child sees of your environment only this, so that no key reaches a command that \
             does not need it; `env: [NAME]` in a contract or configuration passes on more:",
            children.iter().map(|(who, names)| (who.as_str(), names.clone())),
            look,
        ),
    ]
    .join("\n")
}

fn chapter<'a>(
    title: &str,
    entries: impl Iterator<Item = (&'a str, String)>,
    look: Look,
) -> String {
    const INDENT: usize = 6;
    let mut shown = wrap::text(title, look.width, 0) + "\n";
    for (name, meaning) in entries {
        let meaning = wrap::text(&meaning, look.width, INDENT);
        shown.extend(["  ", name, "\n      ", &meaning, "\n"]);
    }
    shown
}

/// Who sees which variables, from the tables that decide it.
pub fn children() -> Vec<(String, String)> {
    let mut rows = vec![
        ("every child".to_owned(), child_env::EVERYONE.join(" ")),
        ("claude besides".to_owned(), child_env::CLAUDE.join(" ")),
    ];
    let cloud = |cloud: &child_env::Cloud| {
        (format!("claude with {}", cloud.chosen_by), cloud.names.join(" "))
    };
    rows.extend(child_env::CLOUDS.iter().map(cloud));
    let rest = [
        ("set by atlas", FOR_CHILDREN.to_owned()),
        ("set by atlas for hooks", FOR_HOOKS.to_owned()),
        ("set by atlas for claude", FOR_CLAUDE.to_owned()),
        ("never", passed_on::NEVER.join(" ")),
    ];
    rows.extend(rest.map(|(who, names)| (who.to_owned(), names)));
    rows
}
