//! Work over a list, spread over the processors when the list is long enough to pay for threads.

use std::{num::NonZero, thread};

/// Fewer items than this are done at once by the caller: starting a thread costs as much.
const LEAST: usize = 64;
/// More threads than this only wait for one another in the file system.
const MOST: usize = 8;

/// Runs `work` over consecutive parts of `items` and returns the results in order.
///
/// # Errors
/// The first that `work` had, in the order of the items.
pub fn spread<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&[T]) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(MOST).min(items.len() / LEAST + 1);
    if threads == 1 {
        return Ok(vec![work(items)?]);
    }
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        running
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
