//! The files that a plan is made from, so that a resume sees that one of them has changed.

use std::path::{Path, PathBuf};

use super::{Around, Purpose};
use crate::{
    model::{
        Request,
        config::Settings,
        contract::{Output, every},
        digest::sha256,
        run::plan::SourceFile,
        skill::Found,
    },
    store::{config, contracts},
    sys::fs::read_capped,
};

/// No file that a plan is made from is larger.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a plan is made from, and what it would have been made from if it had been there. Only work
/// is resumed.
pub(super) fn of(
    (purpose, request, found): (&Purpose, &Request, &Found),
    settings: &Settings,
    root: &Path,
    around: &Around,
) -> Vec<SourceFile> {
    if *purpose != Purpose::Work {
        return Vec::new();
    }
    let mut files: Vec<(String, PathBuf)> = vec![("the skill".to_owned(), found.file.clone())];
    let contracts = match &request.contract {
        Some(own) => vec![own.clone()],
        None => contracts::places(&found.dir, &found.name, root),
    };
    files.extend(contracts.into_iter().map(|path| ("the contract".to_owned(), path)));
    files.extend(schemas(settings).map(|path| ("a schema".to_owned(), found.dir.join(path))));
    for path in [root.join(config::PROJECT_FILE), around.folders.config.join(config::USER_FILE)] {
        files.push(("the configuration".to_owned(), path));
    }
    for (name, path) in &request.input_files {
        files.push((format!("the input `{name}`"), path.clone()));
    }
    files.into_iter().map(|(what, path)| SourceFile { sha256: hash(&path), what, path }).collect()
}

/// What is different now, in words.
pub(crate) fn changed(sources: &[SourceFile]) -> Vec<String> {
    let differs = |source: &SourceFile| {
        let now = hash(&source.path);
        let how = match (&source.sha256, &now) {
            (before, now) if before == now => return None,
            (None, _) => "is new",
            (Some(_), None) => "is gone",
            (Some(_), Some(_)) => "was changed",
        };
        Some(format!("{} {how}: {}", source.what, source.path.display()))
    };
    sources.iter().filter_map(differs).collect()
}

fn schemas(settings: &Settings) -> impl Iterator<Item = &str> {
    let steps = every(&settings.steps.value).into_iter().filter_map(|step| step.output.as_ref());
    let outputs = settings.output.iter().map(|output| &output.value);
    outputs.chain(steps.map(|output| &output.value)).filter_map(|output| match output {
        Output::File(path) => Some(path.as_str()),
        Output::Schema(_) => None,
    })
}

fn hash(path: &Path) -> Option<String> {
    read_capped(path, MAX_BYTES).ok().map(|bytes| sha256(&bytes))
}
