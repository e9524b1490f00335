//! `--fix`: what can be mended without a question, because nothing of anybody's is lost by it.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{
    super::{completions, context::Context},
    files, leftovers,
};
use crate::{
    model::{Fault, Result},
    store::{
        config,
        folders::{self, Folders},
    },
    sys::{fs::PRIVATE_DIR, git},
};

/// Mends what can be mended; says what was done.
pub(super) fn repair(context: &Context) -> Result<Vec<String>> {
    let own = context.folders()?;
    let mut done = make(&own)?;
    done.extend(close(&own, context)?);
    done.extend(remove(&own, context)?);
    if let Some(place) = leftovers::missing_completions(context) {
        completions::install(place.shell, &place.own)?;
        done.push(format!("put the completions of {} into {}", place.shell, place.own.display()));
    }
    Ok(done)
}

fn make(own: &Folders) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for folder in [&own.config, &own.state, &own.cache] {
        if !folder.exists() {
            folders::ensure(folder)?;
            done.push(format!("made {}", folder.display()));
        }
    }
    Ok(done)
}

/// Closes to others what only this user shall write, or enter.
fn close(own: &Folders, context: &Context) -> Result<Vec<String>> {
    let written = [own.config.clone(), own.config.join(config::USER_FILE)];
    let written = written.into_iter().filter(|path| files::others_can_write(path));
    let entered = files::open_folders(own, &context.project().root);
    let mut done = Vec::new();
    for path in written.chain(entered) {
        let mode = if path.is_dir() { PRIVATE_DIR } else { 0o600 };
        let closed = fs::set_permissions(&path, Permissions::from_mode(mode));
        closed.map_err(|error| cannot("close to others", &path, error))?;
        done.push(format!("closed {} to others", path.display()));
    }
    Ok(done)
}

/// Removes what nobody will miss.
fn remove(own: &Folders, context: &Context) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for key in files::stale_keys(own, context.clock.now()) {
        fs::remove_dir_all(&key).map_err(|error| cannot("remove", &key, error))?;
        done.push(format!("removed {}", key.display()));
    }
    for answer in leftovers::stale_answers(own) {
        fs::remove_file(&answer).map_err(|error| cannot("remove", &answer, error))?;
        done.push(format!("removed {}", answer.display()));
    }
    if let Ok(git::Place::Repository(repository)) = &context.project().place {
        for copy in leftovers::copies_to_remove(context) {
            copy.remove(repository)?;
            done.push(format!("removed {}", copy.dir.display()));
        }
    }
    Ok(done)
}

fn cannot(what: &str, path: &Path, error: io::Error) -> Fault {
    Fault::failed(format!("cannot {what} {}", path.display())).because(error)
}
