//! Where shells look for completions: a folder of the user's own, and those that packages write to.

use std::path::{Path, PathBuf};

use clap_complete::Shell;

use crate::{cli::environment::HOME, sys::env::Env};

/// Where packages put what belongs to all users, unless a variable says otherwise.
const SHARED: &str = "/usr/local/share:/usr/share";

/// Where the completions of one shell are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Place {
    /// The shell.
    pub(in crate::cli) shell: Shell,
    /// The user's own file.
    pub(in crate::cli) own: PathBuf,
    /// Files that a package may have brought.
    shared: Vec<PathBuf>,
}

impl Place {
    /// `None` for a shell that looks in no fixed place, and for a user without a home.
    pub(in crate::cli) fn of(shell: Shell, env: &Env) -> Option<Self> {
        let folder = |name: &str| env.get_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let home = folder(HOME)?;
        let data = || folder("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
        let config = || folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let (own, below_shared) = match shell {
            Shell::Bash => {
                let below = "bash-completion/completions";
                (data().join(below), below)
            }
            Shell::Zsh => (home.join(".zfunc"), "zsh/site-functions"),
            Shell::Fish => (config().join("fish/completions"), "fish/vendor_completions.d"),
            _ => return None,
        };
        let name = file_name(shell);
        let dirs = env.get("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty()).unwrap_or(SHARED);
        let shared = dirs.split(':').map(|dir| Path::new(dir).join(below_shared).join(&name));
        Some(Self { shell, shared: shared.collect(), own: own.join(name) })
    }

    /// The place of the user's own shell, where that is one with a place.
    pub(in crate::cli) fn of_user(env: &Env) -> Option<Self> {
        let shell = Shell::from_shell_path(env.get("SHELL")?)?;
        Self::of(shell, env)
    }

    /// The file that the shell finds: the user's own one goes before that of a package.
    pub(in crate::cli) fn found(&self) -> Option<&Path> {
        let files = std::iter::once(&self.own).chain(&self.shared);
        files.map(PathBuf::as_path).find(|file| file.is_file())
    }
}

/// What a shell wants the file to be called.
pub(in crate::cli) fn file_name(shell: Shell) -> String {
    match shell {
        Shell::Bash => "atlas".to_owned(),
        other => clap_complete::Generator::file_name(&other, "atlas"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fs::write_atomic;

    /// An environment, a shell, and the place there.
    type Row<'a> = (&'a [(&'a str, &'a str)], Shell, Option<&'a str>);

    #[test]
    fn each_shell_has_its_place() {
        let home = [("HOME", "/h")].as_slice();
        let moved = [("HOME", "/h"), ("XDG_DATA_HOME", "/d"), ("XDG_CONFIG_HOME", "/c")].as_slice();
        let relative = [("HOME", "/h"), ("XDG_DATA_HOME", "d")].as_slice();
        let rows: &[Row<'_>] = &[
            (home, Shell::Bash, Some("/h/.local/share/bash-completion/completions/atlas")),
            (home, Shell::Zsh, Some("/h/.zfunc/_atlas")),
            (home, Shell::Fish, Some("/h/.config/fish/completions/atlas.fish")),
            (home, Shell::Elvish, None),
            (moved, Shell::Bash, Some("/d/bash-completion/completions/atlas")),
            (moved, Shell::Zsh, Some("/h/.zfunc/_atlas")),
            (moved, Shell::Fish, Some("/c/fish/completions/atlas.fish")),
            (relative, Shell::Bash, Some("/h/.local/share/bash-completion/completions/atlas")),
            (&[], Shell::Bash, None),
        ];
        for (env, shell, expected) in rows {
            let env: Env = env.iter().copied().collect();
            let found = Place::of(*shell, &env).map(|place| place.own);
            assert_eq!(found.as_deref(), expected.map(Path::new), "{shell} {env:?}");
        }
    }

    #[test]
    fn what_a_package_brought_is_found_after_the_users_own() {
        let root = tempfile::tempdir().unwrap();
        let [home, shared] = ["home", "shared"].map(|name| root.path().join(name));
        let variables =
            [("HOME", &home), ("XDG_DATA_DIRS", &shared), ("SHELL", &PathBuf::from("/bin/bash"))];
        let env: Env = variables.into_iter().collect();
        let place = Place::of_user(&env).unwrap();
        assert_eq!(place.found(), None);
        let below = "bash-completion/completions/atlas";
        let put = |file: &Path| {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            write_atomic(file, b"", 0o644).unwrap();
        };
        put(&shared.join(below));
        assert_eq!(place.found(), Some(shared.join(below).as_path()));
        put(&place.own);
        assert_eq!(place.found(), Some(place.own.as_path()));
    }
}
