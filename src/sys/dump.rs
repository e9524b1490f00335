//! No core dumps: the memory of a run holds prompts, answers and what the caller's environment held.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Nothing fits into one byte, and Linux starts no collector of dumps for this very limit; for a
/// limit of zero it would (core(5), and `do_coredump` in the kernel).
const NOTHING: u64 = 1;

/// From here on neither this process nor what it starts leaves a core dump. A hook that wants its
/// own can raise the limit again: only the soft one is lowered.
pub fn never() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    let current = Some(maximum.map_or(NOTHING, |most| most.min(NOTHING)));
    // A process may always lower its own limit; if not, a run is worth more than this.
    let _refused = setrlimit(Resource::Core, Rlimit { current, maximum });
}
