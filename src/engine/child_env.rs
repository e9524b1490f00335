//! What a child sees of the environment: an allow-list, because a deny-list forgets.
//!
//! docs/reference/environment.md is written from these tables.

use std::ffi::{OsStr, OsString};

use crate::{
    model::passed_on::{is_never, matches},
    sys::env::Env,
};

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
    "NVM_BIN",
    "PYENV_ROOT",
    "ATLAS_HOME",
    "ATLAS_CLAUDE",
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

/// A cloud through which claude can reach its model, and the names that it gets there besides.
#[derive(Clone, Copy, Debug)]
pub struct Cloud {
    /// The variable that chooses it.
    pub chosen_by: &'static str,
    /// What logs in there and says where it is.
    pub names: &'static [&'static str],
}

/// The clouds. The keys of one that is not chosen stay where they are.
pub const CLOUDS: &[Cloud] = &[
    Cloud { chosen_by: "CLAUDE_CODE_USE_BEDROCK", names: &["AWS_*"] },
    Cloud {
        chosen_by: "CLAUDE_CODE_USE_VERTEX",
        names: &[
            "GOOGLE_*",
            "GCLOUD_PROJECT",
            "CLOUDSDK_CONFIG",
            "CLOUD_ML_REGION",
            "VERTEX_REGION_*",
        ],
    },
    Cloud { chosen_by: "CLAUDE_CODE_USE_FOUNDRY", names: &["AZURE_*"] },
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
    let clouds: Vec<&Cloud> = match child {
        Child::Hook => Vec::new(),
        Child::Claude => CLOUDS.iter().filter(|cloud| is_on(env, cloud.chosen_by)).collect(),
    };
    let seen = |name: &OsStr| {
        let Some(name) = name.to_str() else { return false };
        let by_list = matches(EVERYONE, name)
            || (child == Child::Claude && matches(CLAUDE, name))
            || clouds.iter().any(|cloud| matches(cloud.names, name));
        (by_list || passed_on.iter().any(|wish| wish == name)) && !is_never(name)
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

/// What claude needs of the environment where its user's own settings choose a cloud. `chosen`
/// says which of their switches is on.
pub fn cloud_env(env: &Env, chosen: impl Fn(&str) -> bool) -> Vec<(OsString, OsString)> {
    let clouds: Vec<&Cloud> = CLOUDS.iter().filter(|cloud| chosen(cloud.chosen_by)).collect();
    let named = |name: &OsStr| {
        name.to_str().is_some_and(|name| clouds.iter().any(|cloud| matches(cloud.names, name)))
    };
    let pairs = env.iter().filter(|(name, _)| named(name));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Whether a variable tells claude how to reach its model and log in there.
pub fn is_login(name: &str) -> bool {
    matches(CLAUDE, name) || CLOUDS.iter().any(|cloud| matches(cloud.names, name))
}

/// Whether a switch is on, as claude reads it.
fn is_on(env: &Env, name: &str) -> bool {
    env.get_os(name).is_some_and(|value| value.to_str().is_none_or(is_on_by))
}

/// Whether this value of a switch means that it is on.
pub fn is_on_by(value: &str) -> bool {
    !["", "0", "false", "no", "off"].contains(&value.to_ascii_lowercase().as_str())
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
    fn a_cloud_login_reaches_claude_with_the_keys_of_that_cloud() {
        let keys =
            ["AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "AZURE_CLIENT_SECRET"];
        for (switch, value, expected) in [
            ("CLAUDE_CODE_USE_BEDROCK", "1", "AWS_SECRET_ACCESS_KEY CLAUDE_CODE_USE_BEDROCK"),
            (
                "CLAUDE_CODE_USE_VERTEX",
                "true",
                "CLAUDE_CODE_USE_VERTEX GOOGLE_APPLICATION_CREDENTIALS",
            ),
            ("CLAUDE_CODE_USE_FOUNDRY", "1", "AZURE_CLIENT_SECRET CLAUDE_CODE_USE_FOUNDRY"),
            ("CLAUDE_CODE_USE_BEDROCK", "0", "CLAUDE_CODE_USE_BEDROCK"),
            ("CLAUDE_CODE_USE_BEDROCK", "", "CLAUDE_CODE_USE_BEDROCK"),
        ] {
            let mut given: Vec<(&str, &str)> = keys.iter().map(|name| (*name, "x")).collect();
            given.push((switch, value));
            check(Child::Claude, &[], &given, expected);
            check(Child::Hook, &[], &given, "");
        }
    }

    #[test]
    fn what_tools_need_to_be_found_reaches_every_child() {
        let names = "CARGO_HOME HTTPS_PROXY HTTP_PROXY JAVA_HOME NODE_EXTRA_CA_CERTS NO_PROXY NVM_BIN \
                     NVM_DIR PATH PYENV_ROOT RUSTUP_HOME RUSTUP_TOOLCHAIN SSL_CERT_FILE VIRTUAL_ENV \
                     XDG_RUNTIME_DIR https_proxy no_proxy";
        let given: Vec<(&str, &str)> = names.split_whitespace().map(|name| (name, "x")).collect();
        check(Child::Hook, &[], &given, names);
        check(Child::Claude, &[], &given, names);
    }

    #[test]
    fn what_is_ours_wins() {
        let env: Env = [("PATH", "/bin")].into_iter().collect();
        let pairs = child_env(&env, Child::Hook, &[], &[("PATH", OsStr::new("/ours"))]);
        assert_eq!(pairs, [("PATH".into(), "/ours".into())]);
    }
}
