//! Globs of paths, as a person writes them: a folder stands for all that is in it, and what
//! begins with `!` is an exception.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// A set of paths.
#[derive(Clone, Debug)]
pub struct Globs {
    /// What is in it, but for the exceptions; `None` where only exceptions are given.
    named: Option<GlobSet>,
    exceptions: GlobSet,
}

impl Globs {
    /// The set of these globs. In whatever order they stand, an exception is one.
    ///
    /// # Errors
    /// What is wrong with one of them, in words.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut named, mut exceptions) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut any_named = false;
        for glob in globs {
            if let Some(exception) = glob.strip_prefix('!') {
                exceptions.add(read(exception)?);
            } else {
                named.add(read(glob)?);
                any_named = true;
            }
        }
        let build = |set: GlobSetBuilder| set.build().map_err(|error| error.to_string());
        Ok(Self {
            named: any_named.then(|| build(named)).transpose()?,
            exceptions: build(exceptions)?,
        })
    }

    /// Whether a path, relative to the root and with `/` between its parts, is in the set.
    pub fn hold(&self, path: &str) -> bool {
        let is_in = |set: &GlobSet| with_folders(path).any(|path| set.is_match(path));
        self.named.as_ref().is_none_or(is_in) && !is_in(&self.exceptions)
    }
}

/// Reads one glob, without its `!`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(glob: &str) -> Result<Glob, String> {
    let plain = glob.trim_start_matches("./").trim_end_matches('/');
    if plain.is_empty() || plain.starts_with('/') || plain.split('/').any(|part| part == "..") {
        return Err(format!("`{glob}` is no path in the repository"));
    }
    GlobBuilder::new(plain)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("`{glob}` is no glob: {}", error.kind()))
}

/// The path, and each folder that it lies in.
fn with_folders(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    folders.chain([path])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_a_set() {
        let rows: [(&[&str], &str, bool); 16] = [
            (&["src"], "src/a.rs", true),
            (&["src/"], "src/deep/a.rs", true),
            (&["./src/**"], "src/deep/a.rs", true),
            (&["src"], "src2/a.rs", false),
            (&["src"], "lib/src/a.rs", false),
            (&["*.md"], "README.md", true),
            (&["*.md"], "docs/a.md", false),
            (&["**/*.md"], "docs/a.md", true),
            (&["src/*"], "src/deep/a.rs", true),
            (&["src/*.rs"], "src/deep/a.rs", false),
            (&["src", "!src/gen"], "src/gen/a.rs", false),
            (&["!src/gen", "src"], "src/gen/a.rs", false),
            (&["!Cargo.lock"], "src/a.rs", true),
            (&["!Cargo.lock"], "Cargo.lock", false),
            (&["{src,docs}/**"], "docs/a.md", true),
            (&["SRC"], "src/a.rs", false),
        ];
        for (globs, path, expected) in rows {
            let set = Globs::new(globs.iter().copied()).unwrap();
            assert_eq!(set.hold(path), expected, "{globs:?} {path}");
        }
    }

    #[test]
    fn what_is_no_glob_is_told() {
        let rows = [
            ("src/[", "`src/[` is no glob: unclosed character class; missing ']'"),
            ("../x", "`../x` is no path in the repository"),
            ("/etc", "`/etc` is no path in the repository"),
            ("", "`` is no path in the repository"),
        ];
        for (glob, expected) in rows {
            assert_eq!(Globs::new([glob]).unwrap_err(), expected);
        }
    }
}
