//! `--fix`: what can be mended without a question, because nothing of anybody's is lost by it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use super::{super::context::Context, files};
use crate::{
    model::{Fault, Result},
    store::{config, folders},
};

/// Mends what can be mended; says what was done.
pub(super) fn repair(context: &Context) -> Result<Vec<String>> {
    let own = context.folders()?;
    let mut done = Vec::new();
    for folder in [&own.config, &own.state, &own.cache] {
        if !folder.exists() {
            folders::ensure(folder)?;
            done.push(format!("made {}", folder.display()));
        }
    }
    for path in [own.config.clone(), own.config.join(config::USER_FILE)] {
        if files::others_can_write(&path) {
            let mode = if path.is_dir() { 0o700 } else { 0o600 };
            fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(|error| {
                Fault::failed(format!("cannot close {} to others", path.display())).because(error)
            })?;
            done.push(format!("closed {} to others", path.display()));
        }
    }
    for key in files::stale_keys(&own, context.clock.now()) {
        fs::remove_dir_all(&key).map_err(|error| {
            Fault::failed(format!("cannot remove {}", key.display())).because(error)
        })?;
        done.push(format!("removed {}", key.display()));
    }
    Ok(done)
}
