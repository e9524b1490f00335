//! Whether only those files were touched that may be.

use super::globs::Globs;
use crate::model::changes::FileChange;

/// Why a change is refused. `leads_to` tells where a path leads that is a link now: a path of the
/// tree, or nothing for one that leads out of it.
pub fn reasons(
    allowed: &Globs,
    changes: &[FileChange],
    leads_to: impl Fn(&str) -> Option<Leads>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    for change in changes {
        let touched = change.old_path.iter().chain([&change.path]);
        let forbidden: Vec<&String> = touched.filter(|path| !allowed.hold(path)).collect();
        reasons.extend(
            forbidden
                .iter()
                .map(|path| format!("`{path}` may not be touched; undo what was done to it")),
        );
        if !forbidden.is_empty() {
            continue;
        }
        // What is written to it later would change another file.
        match leads_to(&change.path) {
            Some(Leads::Inside(target)) if !allowed.hold(&target) => reasons.push(format!(
                "`{}` is a link to `{target}`, which may not be touched; remove the link",
                change.path
            )),
            Some(Leads::Outside) => reasons.push(format!(
                "`{}` is a link that leads out of the repository; remove it",
                change.path
            )),
            Some(Leads::Inside(_)) | None => {}
        }
    }
    reasons
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To this path of the tree.
    Inside(String),
    /// Out of the tree.
    Outside,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::changes::ChangeStatus;

    fn check(path: &str, old_path: Option<&str>, leads: Option<&Leads>, expected: &[&str]) {
        let allowed = Globs::new(["src", "!src/gen"]).unwrap();
        let change = FileChange {
            path: path.to_owned(),
            old_path: old_path.map(str::to_owned),
            status: ChangeStatus::Modified,
            added: None,
            removed: None,
        };
        assert_eq!(reasons(&allowed, &[change], |_| leads.cloned()), expected, "{path}");
    }

    #[test]
    fn only_allowed_paths_are_touched() {
        check("src/a.rs", None, None, &[]);
        let no = "`docs/a.md` may not be touched; undo what was done to it";
        check("docs/a.md", None, None, &[no]);
        let no = "`src/gen/a.rs` may not be touched; undo what was done to it";
        check("src/gen/a.rs", None, None, &[no]);
    }

    #[test]
    fn a_rename_touches_both_paths() {
        let no = "`tests/a.rs` may not be touched; undo what was done to it";
        check("src/a.rs", Some("tests/a.rs"), None, &[no]);
        check("tests/a.rs", Some("src/a.rs"), None, &[no]);
        check("src/b.rs", Some("src/a.rs"), None, &[]);
    }

    #[test]
    fn a_link_touches_what_it_leads_to() {
        let inside = |path: &str| Some(Leads::Inside(path.to_owned()));
        check("src/a", None, inside("src/b").as_ref(), &[]);
        let no = "`src/a` is a link to `.git/config`, which may not be touched; remove the link";
        check("src/a", None, inside(".git/config").as_ref(), &[no]);
        let no = "`src/a` is a link that leads out of the repository; remove it";
        check("src/a", None, Some(&Leads::Outside), &[no]);
    }
}
