//! What a killed atlas left behind, ended at the next start.
//!
//! Its warden does that within seconds. Where that was killed too, everything that was started for
//! the session still carries the session's name in its environment, and nobody else does. A
//! session's lock says whether somebody still works on it; without the lock nothing is looked for.

use std::{path::Path, time::Duration};

use tokio::task::spawn_blocking;

use crate::{
    engine::dispatcher::Observer,
    store::session::{Session, SessionDir, Sessions},
    sys::{
        lock::{Attempt, FileLock, Mode},
        sweep::{Cookie, sweep},
    },
};

/// From TERM to KILL.
const GRACE: Duration = Duration::from_secs(3);

/// Ends what is left of this session, whose lock is held.
pub(super) async fn of_session(session: &Session, root: &Path, observer: &mut dyn Observer) {
    if is_at_home(session.stored(), root) {
        let found = end(vec![cookie(session.stored())]).await;
        tell(found, observer);
    }
}

/// Ends what is left of sessions that broke off and that nobody holds.
pub(super) async fn of_others(sessions: &Sessions, observer: &mut dyn Observer) {
    let mut held = Vec::new();
    let mut cookies = Vec::new();
    for session in sessions.broken_off() {
        if !is_at_home(&session, sessions.root()) {
            continue;
        }
        if let Ok(Attempt::Locked(lock)) = FileLock::try_lock(&session.lock(), Mode::Exclusive) {
            held.push(lock);
            cookies.push(cookie(&session));
        }
    }
    let found = end(cookies).await;
    tell(found, observer);
}

/// Whether this is the session itself. A copied checkout has copies of its sessions, and of their
/// locks, which nobody holds; but the names in them may be those of a run that goes on in the first
/// one, as long as that is there.
pub(super) fn is_at_home(session: &SessionDir, root: &Path) -> bool {
    let Some(made_in) = session.made_in() else { return false };
    match made_in.canonicalize() {
        Ok(first) => root.canonicalize().is_ok_and(|here| here == first),
        Err(_) => true,
    }
}

fn cookie(session: &SessionDir) -> Cookie {
    Cookie::Under(session.id.to_string())
}

async fn end(cookies: Vec<Cookie>) -> usize {
    if cookies.is_empty() {
        return 0;
    }
    let swept = spawn_blocking(move || sweep(&cookies, GRACE)).await;
    swept.map_or(0, |found| found.len())
}

fn tell(found: usize, observer: &mut dyn Observer) {
    if found > 0 {
        observer.notice(&format!(
            "ended {found} processes that an atlas left behind when it was killed"
        ));
    }
}
