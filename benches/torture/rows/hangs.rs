//! A claude that hangs, and a kernel that runs out of memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::with_a_first_call;
use crate::support::fake::Step;
use crate::support::torture::{FREE, Stage, call};

/// Every clock of a call, in the user's configuration. Long enough for a call that only waits for a
/// processor.
const CLOCKS: &str = "limits: { start: 3s, idle: 3s, after-result: 3s }\n";

/// The watchdog that ought to bite, and what the run says then.
const HANGS: [(&str, &[i32]); 3] =
    [("before its first line", &[6, 0]), ("in the middle", &[6, 0]), ("after its result", &[0])];

/// The first call hangs; a clock ends it, and nothing of it is left.
pub(super) fn hangs(stage: &Stage, seed: u64) -> Result<(), String> {
    let place = usize::try_from(seed % 3).expect("less than three");
    let (when, codes) = HANGS[place];
    let first: Vec<Step> = match place {
        0 => vec![Step::Hang],
        1 => call().into_iter().take(2).chain([Step::Hang]).collect(),
        _ => call().into_iter().chain([Step::Hang]).collect(),
    };
    stage.world().user_config(&format!("{FREE}{CLOCKS}"));
    let started = Instant::now();
    let settled = with_a_first_call(stage, first, || {
        let ended = stage.run().run();
        if !ended.code.is_some_and(|code| codes.contains(&code)) {
            return Err(format!("I6: {:?}\n{}", ended.code, ended.stderr));
        }
        if started.elapsed().as_secs() < 3 {
            return Err("nobody waited for it".to_owned());
        }
        stage.settle(&[stage.look()], 1)
    });
    stage.world().user_config(FREE);
    settled.map_err(|why| format!("a hang {when}: {why}"))
}

/// All of a run, atlas and what it starts, has so little memory that the kernel ends some of it.
pub(super) fn out_of_memory(stage: &Stage, seed: u64) -> Result<(), String> {
    let group = Group::new(1024 * 1024 + seed * 128 * 1024)?;
    let joined = format!("echo $$ > {}; exec \"$0\" \"$@\"", group.procs().display());
    let ended = stage.run().under(Path::new("/bin/sh"), ["-c", &joined]).run();
    drop(group);
    // Whom the kernel ends is its own choice.
    if ended.signal.is_none() && !matches!(ended.code, Some(0 | 1 | 7 | 137)) {
        return Err(format!("I6: {:?}\n{}", ended.code, ended.stderr));
    }
    stage.settle(&[stage.look()], 1)
}

#[expect(clippy::disallowed_methods, reason = "a file of the kernel is written where it lies")]
fn tell(file: &Path, text: &str) -> std::io::Result<()> {
    fs::write(file, text)
}

/// A group of processes with an upper bound on their memory.
struct Group(PathBuf);

impl Group {
    fn new(bytes: u64) -> Result<Self, String> {
        let tried =
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        for (above, limit) in tried {
            let name = format!("atlas-{}-{bytes}", std::process::id());
            let group = Self(Path::new(above).join(name));
            let limit = group.0.join(limit);
            if fs::create_dir(&group.0).is_ok() && tell(&limit, &bytes.to_string()).is_ok() {
                return Ok(group);
            }
        }
        Err("a memory cgroup is needed, and to be root".to_owned())
    }

    fn procs(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }
}

impl Drop for Group {
    /// Only an empty group can go: what is left of the run goes on outside of it, for its own
    /// watcher to end.
    fn drop(&mut self) {
        let left = fs::read_to_string(self.procs()).unwrap_or_default();
        let outside = self.0.parent().map(|above| above.join("cgroup.procs"));
        for pid in left.lines() {
            // One that ended meanwhile is gone anyway.
            drop(outside.as_ref().map(|outside| tell(outside, pid)));
        }
        drop(fs::remove_dir(&self.0));
    }
}
