//! Which variables of the environment never reach a child, whoever asks for them.
//!
//! One list, for the reader that refuses such a name in a file and for the engine that starts the
//! child: the names of a plan may come from a journal that another version wrote.

/// Names that no child gets, even if `env:` asks for them: each can run code in the child or turn
/// its view of a repository or of itself. One that ends in `*` stands for all that begin so.
pub const NEVER: &[&str] = &[
    "GIT_*",
    "LD_*",
    "DYLD_*",
    "NODE_OPTIONS",
    "BASH_ENV",
    "BASH_FUNC_*",
    "ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PERL5LIB",
    "PERL5OPT",
    "RUBYLIB",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "CLAUDECODE*",
];

/// Whether no child gets this variable.
pub fn is_never(name: &str) -> bool {
    matches(NEVER, name)
}

/// Whether a name stands in such a list.
pub fn matches(list: &[&str], name: &str) -> bool {
    list.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_code_is_never_passed_on() {
        for (name, expected) in [
            ("GIT_DIR", true),
            ("LD_PRELOAD", true),
            ("BASH_FUNC_ls%%", true),
            ("CLAUDECODE", true),
            ("ENV", true),
            ("ENVIRONMENT", false),
            ("GITHUB_TOKEN", false),
            ("CLAUDE_CODE_OAUTH_TOKEN", false),
            ("DATABASE_URL", false),
        ] {
            assert_eq!(is_never(name), expected, "{name}");
        }
    }
}
