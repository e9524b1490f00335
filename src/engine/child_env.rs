//! What a child sees of the environment: an allow-list, because a deny-list forgets.
//!
//! docs/reference/environment.md is written from these tables.

use std::ffi::{OsStr, OsString};

use crate::sys::env::Env;

/// Names that every child gets; one that ends in `*` stands for all that begin so.
pub const EVERYONE: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_*",
    "TZ",
    "TERM",
    "TMPDIR",
    "XDG_*",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "VIRTUAL_ENV",
    "JAVA_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "SSL_CERT_*",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];

/// Names that only claude gets: how to reach a model, and what its user chose about privacy.
pub const CLAUDE: &[&str] = &[
    "ANTHROPIC_*",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_CODE_USE_*",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_SUBPROCESS_ENV_SCRUB",
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "DO_NOT_TRACK",
    "IS_SANDBOX",
];

/// Names that claude gets besides where it reaches its model through a cloud.
pub const CLOUD: &[&str] = &["AWS_*", "GOOGLE_*", "CLOUD_ML_REGION"];

/// Names that no child gets, even if `env:` asks for them: each can run code in the child or turn
/// its view of a repository or of itself.
pub const NEVER: &[&str] = &[
    "GIT_*",
    "LD_*",
    "DYLD_*",
    "NODE_OPTIONS",
    "BASH_ENV",
    "ENV",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "RUBYOPT",
    "CLAUDECODE*",
];

/// Who is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// A hook, or anything that is no claude.
    Hook,
    /// claude itself.
    Claude,
}

/// The environment of a child: what it may see of ours, and `ours` on top.
pub fn child_env(
    env: &Env,
    child: Child,
    passed_on: &[String],
    ours: &[(&str, &OsStr)],
) -> Vec<(OsString, OsString)> {
    let cloud =
        child == Child::Claude && env.iter().any(|(name, _)| matches(&["CLAUDE_CODE_USE_*"], name));
    let seen = |name: &OsStr| {
        let asked_for = || name.to_str().is_some_and(|n| passed_on.iter().any(|wish| wish == n));
        let by_list = matches(EVERYONE, name)
            || (child == Child::Claude && matches(CLAUDE, name))
            || (cloud && matches(CLOUD, name));
        (by_list || asked_for()) && !matches(NEVER, name)
    };
    let mut pairs: Vec<(OsString, OsString)> = env
        .iter()
        .filter(|(name, _)| seen(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, value) in ours {
        pairs.retain(|(known, _)| known != name);
        pairs.push(((*name).into(), (*value).to_owned()));
    }
    pairs
}

/// Whether a variable tells claude how to reach its model and log in there.
pub fn is_login(name: &str) -> bool {
    let name = OsStr::new(name);
    matches(CLAUDE, name) || matches(CLOUD, name)
}

fn matches(list: &[&str], name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    list.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(child: Child, passed_on: &[&str], given: &[(&str, &str)], expected: &str) {
        let env: Env = given.iter().copied().collect();
        let passed_on: Vec<String> = passed_on.iter().map(ToString::to_string).collect();
        let mut names: Vec<String> = child_env(&env, child, &passed_on, &[])
            .into_iter()
            .map(|(name, _)| name.into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.join(" "), expected);
    }

    const CANARIES: &[(&str, &str)] = &[
        ("PATH", "/bin"),
        ("LC_ALL", "C"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("GH_TOKEN", "x"),
        ("NPM_TOKEN", "x"),
        ("SSH_AUTH_SOCK", "x"),
        ("ANTHROPIC_API_KEY", "x"),
        ("GIT_DIR", "x"),
        ("LD_PRELOAD", "x"),
        ("CLAUDECODE", "1"),
        ("NODE_OPTIONS", "x"),
    ];

    #[test]
    fn canaries_reach_nobody_who_does_not_need_them() {
        check(Child::Hook, &[], CANARIES, "LC_ALL PATH");
        check(Child::Claude, &[], CANARIES, "ANTHROPIC_API_KEY LC_ALL PATH");
    }

    #[test]
    fn what_a_contract_asks_for_is_passed_on_but_never_what_runs_code() {
        check(
            Child::Hook,
            &["GH_TOKEN", "LD_PRELOAD", "GIT_DIR"],
            CANARIES,
            "GH_TOKEN LC_ALL PATH",
        );
    }

    #[test]
    fn a_cloud_login_reaches_claude_with_its_keys() {
        let mut given = CANARIES.to_vec();
        given.push(("CLAUDE_CODE_USE_BEDROCK", "1"));
        let expected =
            "ANTHROPIC_API_KEY AWS_SECRET_ACCESS_KEY CLAUDE_CODE_USE_BEDROCK LC_ALL PATH";
        check(Child::Claude, &[], &given, expected);
        check(Child::Hook, &[], &given, "LC_ALL PATH");
    }

    #[test]
    fn what_is_ours_wins() {
        let env: Env = [("PATH", "/bin")].into_iter().collect();
        let pairs = child_env(&env, Child::Hook, &[], &[("PATH", OsStr::new("/ours"))]);
        assert_eq!(pairs, [("PATH".into(), "/ours".into())]);
    }
}
