//! What trust says of the skills of a list.

use std::{
    cell::OnceCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::{
    cli::{context::Context, environment},
    model::{
        Result, TrustRequest,
        skill::{Found, source::Source},
    },
    store::{
        config,
        skills::Entry,
        trust::{Asking, Standing, Standings, TrustStore, Whose},
    },
};

/// How each skill stands, in the order of the list. Those of the repository stand and fall
/// together; one that only its user can have put there is trusted.
pub(super) fn standings(entries: &[Entry], context: &Context) -> Result<Vec<Standing>> {
    let folders = context.folders()?;
    let user = config::user(&folders)?;
    let always: Vec<String> = user.map_or_else(Vec::new, |user| {
        user.value.trust.always.into_iter().map(|glob| glob.value).collect()
    });
    let home = context.env.get_os(environment::HOME).map(Path::new);
    let asking = Asking { request: &TrustRequest::Stored, always: &always, home };
    let store = TrustStore::new(&folders);
    let standings = Standings::new(&store, &asking)?;
    let root = &context.project().root;
    let repository = OnceCell::new();
    let mut own = Own { root: root.canonicalize().ok(), known: HashMap::new() };
    let stands = |entry: &Entry| {
        if own.is_own(&entry.found) {
            Standing::Trusted
        } else if entry.found.source.stands_with_repository() {
            *repository.get_or_init(|| standings.of(Whose::Repository { root, cwd: &context.cwd }))
        } else {
            standings.of(Whose::Skill(&entry.found.dir))
        }
    };
    Ok(entries.iter().map(stands).collect())
}

/// Which places hold only what the user, or atlas itself, put there.
struct Own {
    root: Option<PathBuf>,
    known: HashMap<Source, bool>,
}

impl Own {
    /// A project can be the user's home folder; then what lies there is the project's.
    fn is_own(&mut self, found: &Found) -> bool {
        if !matches!(found.source, Source::Personal | Source::Bundled) {
            return false;
        }
        let root = &self.root;
        *self.known.entry(found.source.clone()).or_insert_with(|| {
            let dir = found.dir.canonicalize().ok();
            !dir.zip(root.as_ref()).is_none_or(|(dir, root)| dir.starts_with(root))
        })
    }
}

/// The word for it.
pub(super) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Trusted => "trusted",
        Standing::Changed => "changed",
        Standing::Untrusted => "untrusted",
    }
}
