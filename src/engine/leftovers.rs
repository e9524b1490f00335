//! Ends what a unit left behind, as patiently as the run may still be.

use std::time::Duration;

use tokio::{sync::watch, task::spawn_blocking};

use crate::sys::{
    signals::{Stop, asked},
    sweep::{Cookie, sweep},
};

/// Ends all that carry `cookie`: TERM, up to `grace`, KILL. Whoever asks a second time to stop waits
/// for no grace, also not for one that has begun. Says how many were found.
pub(crate) async fn end(cookie: Cookie, grace: Duration, mut stop: watch::Receiver<Stop>) -> usize {
    let politely = swept(cookie.clone(), grace);
    tokio::select! {
        biased;
        () = asked(&mut stop, Stop::Now) => swept(cookie, Duration::ZERO).await,
        found = politely => found,
    }
}

async fn swept(cookie: Cookie, grace: Duration) -> usize {
    let found = spawn_blocking(move || sweep(&[cookie], grace)).await;
    found.map_or(0, |found| found.len())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::sys::sweep::{
        COOKIE,
        tests::{gone, start, unique},
    };

    const LONG: Duration = Duration::from_secs(600);

    /// What is left behind ignores TERM; nobody waits ten minutes for it who asks twice, before the
    /// sweep or in the middle of it.
    #[tokio::test]
    async fn whoever_asks_twice_waits_for_nothing_that_is_left() {
        let begun = Instant::now();
        for first in [Stop::Polite, Stop::Now] {
            let cookie = unique("leftovers");
            let deaf = "trap '' TERM; echo $$; while :; do sleep 600; done";
            let (_group, held) = start(deaf, &[(COOKIE, &cookie)], 1).await;
            let (sender, stop) = watch::channel(first);
            let hurry = async {
                // The sweep has begun: it was asked first.
                tokio::task::yield_now().await;
                sender.send_replace(Stop::Now);
            };
            let (found, ()) = tokio::join!(end(Cookie::Exact(cookie), LONG, stop), hurry);
            assert!(found > 0, "{first:?}");
            assert!(gone(&held[0], Duration::ZERO), "{first:?}");
        }
        assert!(begun.elapsed() < LONG / 2);
    }
}
