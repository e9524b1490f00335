//! Long work over a list, so many at once, until somebody says that it is enough.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use tokio::sync::mpsc;

use super::signals::{Heard, Stop, listen};

/// Whether the next one is begun after one has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is.
    GoOn,
    /// None is begun any more; what runs comes to its end.
    Enough,
}

/// Does `work` for each item, at most `at_once` of them at a time and in their order, each on a
/// thread of its own. `after` hears of each end before its thread takes another. The results stand
/// in the order of the items; those that were not begun have none. A signal that asks atlas to end
/// begins none either. Whoever has begun, and listens for signals only a while later, is given what
/// was heard in between.
///
/// # Errors
/// Signals cannot be heard.
pub fn each<T: Sync, R: Send>(
    items: &[T],
    at_once: usize,
    work: impl Fn(&T, &Heard) -> R + Sync,
    after: impl Fn(&R) -> After + Sync,
) -> io::Result<Vec<Option<R>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on, before the first thread can be asked to end.
    let signals = runtime.block_on(async { listen() })?;
    let heard = signals.heard();
    let (next, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (ended, mut ends) = mpsc::unbounded_channel();
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, items.len().max(1)) {
            let (next, enough, ended) = (&next, &enough, ended.clone());
            let (work, after, heard) = (&work, &after, &heard);
            let one_more = move || {
                let place = next.fetch_add(1, Ordering::SeqCst);
                let Some(item) = items.get(place) else { return After::Enough };
                let result = work(item, heard);
                let goes_on = after(&result);
                if goes_on == After::Enough {
                    enough.store(true, Ordering::SeqCst);
                }
                // Whoever listens does so until the last of these is gone.
                let _heard = ended.send((place, result));
                goes_on
            };
            scope.spawn(
                move || {
                    while !enough.load(Ordering::SeqCst) && one_more() == After::GoOn {}
                },
            );
        }
        drop(ended);
        runtime.block_on(async {
            let mut stop = signals.subscribe();
            loop {
                let open = !enough.load(Ordering::SeqCst);
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop != Stop::Running), if open => {
                        enough.store(true, Ordering::SeqCst);
                    }
                    end = ends.recv() => {
                        let Some((place, result)) = end else { break };
                        results[place] = Some(result);
                    }
                }
            }
        });
    });
    Ok(results)
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, Mutex};

    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items = [3, 1, 2];
        for at_once in [1, 2, 9] {
            let doubled = each(&items, at_once, |item, _| item * 2, |_| After::GoOn).unwrap();
            assert_eq!(doubled, [Some(6), Some(2), Some(4)]);
        }
        assert_eq!(each(&[(); 0], 1, |(), _| (), |()| After::GoOn).unwrap(), []);
    }

    #[test]
    fn so_many_run_at_once() {
        // It would never end if they ran one after the other.
        let meet = Barrier::new(3);
        let work = |_: &u8, _: &Heard| {
            meet.wait();
        };
        each(&[0; 3], 3, work, |()| After::GoOn).unwrap();
    }

    #[test]
    fn none_is_begun_after_enough() {
        let begun = Mutex::new(Vec::new());
        let meet = Barrier::new(2);
        let work = |item: &usize, _: &Heard| {
            begun.lock().unwrap().push(*item);
            if *item < 2 {
                meet.wait();
            }
            *item
        };
        // Each of the first two ends it; both come to their end.
        let done = each(&[0, 1, 2, 3], 2, work, |_| After::Enough).unwrap();
        assert_eq!(done, [Some(0), Some(1), None, None]);
        assert_eq!(begun.lock().unwrap().len(), 2);
    }
}
