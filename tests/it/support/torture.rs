//! A stage on which atlas is broken off again and again, and what has to hold every time.
//!
//! The skill is a chain of eight steps, or several side by side; claude is the fake, which notes each
//! of its starts. After a trial the run is resumed until it ends, and then the invariants are looked
//! at, each by its name:
//!
//! - I1: no event that was in the journal is gone.
//! - I2: no step is paid twice that was committed; any other at most once more for each break.
//! - I3: nothing that atlas started is left.
//! - I4: every file of the session is whole.
//! - I5: result and tree are those of a run that nobody disturbed.
//! - I6: the exit code is one of the table, and 0 once all steps are committed.
//! - I8: no lock is stuck.
//! - I9: no more is charged than was spent, and a reservation for each call that a break can have met.
//! - I10: no copy of the tree is left that nobody clears away.
//!
//! (I7, how long a resume takes, is the matter of `benches/session`.)

mod ground;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use atlas::model::{journal_line, value::Usd};
use serde_json::{Value, json};

pub(crate) use ground::Ground;

use super::fake::{Script, Step};
use super::processes::{processes_with, wait_until_gone};
use super::programs::{Output, Run, Running};
use super::world::World;

/// What the user allows: the agent may work in the tree itself, and many trials spend on one day.
pub(crate) const FREE: &str = "isolation: none\nusd-per-day: 100000\n";

/// How long each call of the fake takes at least.
const CALL_MS: u64 = 10;

/// What a call reserves that has no history.
const RESERVE: Usd = Usd::from_micros(50_000);

/// Nothing of a run that was broken off may be left after so long.
const SWEPT: Duration = Duration::from_secs(8);

/// A world with the chain in it, and what a run of it comes to that nobody disturbs.
pub(crate) struct Stage {
    world: World,
    ground: Ground,
    golden: Value,
    charged: Usd,
    /// The most that one call which was broken off stays charged with.
    each: Usd,
    /// How long the undisturbed run took.
    pub(crate) takes: Duration,
}

/// What was known when a run was broken off.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    session: Option<PathBuf>,
    journal: String,
    calls: BTreeMap<String, usize>,
}

impl Stage {
    /// A new one.
    pub(crate) fn new(ground: Ground) -> Self {
        let world = World::faked(&Script::plays(ground.call()));
        world.user_config(FREE);
        world
            .write(".claude/skills/chain/contract.yaml", ground.contract())
            .skill("chain", "---\nname: chain\ndescription: Many steps.\n---\nDo your part.\n");
        world.repo().commit("first");
        let (charged, each, takes) = (Usd::ZERO, RESERVE, Duration::ZERO);
        let mut stage = Self { world, ground, golden: Value::Null, charged, each, takes };
        // The first one also learns what this claude can do.
        stage.run().run().expect_code(0);
        stage.clear();
        let started = Instant::now();
        let output = stage.run().run().expect_code(0);
        stage.takes = started.elapsed();
        let result = output.json();
        stage.charged = self::charged(&result).expect("it is charged");
        let calls = u32::try_from(stage.calls().len()).expect("a run has few calls");
        stage.each = RESERVE.max(stage.charged.shared_by(calls));
        stage.golden = stage.essence(&result);
        stage.clear();
        stage
    }

    /// The world around it.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// A run of it.
    pub(crate) fn run(&self) -> Run {
        let how: &[&str] = match self.ground {
            Ground::Tree => &["--edit"],
            Ground::Copy => &["--edit", "--worktree", "--apply"],
            Ground::FanOut => &["-j16"],
            Ground::Branches => &["--edit", "-j4"],
        };
        let args = [&["run", "chain", "--trust", "--format=json"], how].concat();
        self.world.atlas(args)
    }

    /// A resume of the newest session.
    pub(crate) fn resume(&self) -> Run {
        self.world.atlas(["resume", "--last", "--wait=20s", "--format=json"])
    }

    /// Forgets the last trial.
    pub(crate) fn clear(&self) {
        let dir = self.world.dir();
        drop(fs::remove_dir_all(dir.join(".claude/sessions")));
        drop(fs::remove_file(dir.join("made.txt")));
        drop(fs::remove_dir_all(self.world.home().join(".cache/atlas/worktrees")));
        drop(fs::remove_dir_all(dir.join(".git/worktrees")));
        drop(fs::remove_file(self.world.fake().beside("calls")));
    }

    /// What is known right after a break.
    pub(crate) fn look(&self) -> Seen {
        let session = self.session();
        let journal = session.as_deref().map(|dir| read(&dir.join("journal.jsonl")));
        Seen { journal: journal.unwrap_or_default(), calls: self.calls(), session }
    }

    /// Goes on until the run has ended, and looks at the invariants; `seen` is what was known at
    /// each break, `more` how many calls of a step may be made beside those that breaks explain.
    pub(crate) fn settle(&self, seen: &[Seen], more: usize) -> Result<(), String> {
        let output = self.go_on()?;
        self.check(&output, seen, more)
    }

    /// Resumes until the run has ended; a run that made no session yet is begun again.
    pub(crate) fn go_on(&self) -> Result<Output, String> {
        for _ in 0..4 {
            let output = self.resume().run();
            match output.code {
                Some(0) => return Ok(output),
                // What was broken off so early left nothing to go on with.
                Some(2 | 8) if self.calls().is_empty() => {
                    let begun = self.run().run();
                    if begun.code == Some(0) {
                        return Ok(begun);
                    }
                }
                Some(1 | 6 | 7 | 129 | 130 | 131 | 143) => {}
                code => return Err(format!("I6: a resume ended with {code:?}\n{}", output.stderr)),
            }
        }
        Err(format!("I6: it never ends\n{}", self.resume().run().stderr))
    }

    fn check(&self, output: &Output, seen: &[Seen], more: usize) -> Result<(), String> {
        let result = output.json();
        let name = result["session"].as_str().ok_or("I1: there is no session")?;
        let session = self.world.dir().join(".claude/sessions").join(name);
        let journal = read(&session.join("journal.jsonl"));
        let calls = self.calls();
        for before in seen.iter().filter(|before| before.session.as_ref() == Some(&session)) {
            // A line that was half written is no event yet.
            let whole = before.journal.rfind('\n').map_or(0, |end| end + 1);
            if !journal.starts_with(&before.journal[..whole]) {
                return Err("I1: an event is gone".to_owned());
            }
            for step in committed(&before.journal[..whole]) {
                let (then, now) = (before.calls.get(&step), calls.get(&step));
                if then != now {
                    return Err(format!(
                        "I2: {step} was committed with {then:?} calls, now {now:?}"
                    ));
                }
            }
        }
        let most = 1 + seen.len() + more;
        if let Some((step, count)) = calls.iter().find(|(_, count)| **count > most) {
            return Err(format!("I2: {count} calls of {step} after {} breaks", seen.len()));
        }
        self.check_processes()?;
        self.check_copies()?;
        whole_files(&session)?;
        let essence = self.essence(&result);
        if essence != self.golden {
            return Err(format!("I5: {essence:#}\nin place of {:#}", self.golden));
        }
        let charged = charged(&result).ok_or("I9: nobody tells what was charged")?;
        let lost = (seen.len() + more) * self.ground.at_once();
        let bound = self.charged + std::iter::repeat_n(self.each, lost).sum();
        if charged > bound || charged < self.charged {
            let least = self.charged;
            return Err(format!("I9: charged {charged}, of at least {least} and at most {bound}"));
        }
        self.check_locks(name)
    }

    /// The warden may need a moment after atlas is gone.
    fn check_processes(&self) -> Result<(), String> {
        for pid in processes_with("ATLAS_UNIT=") {
            let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let cookie = self.world.cookie();
            let ours = environ.split(|byte| *byte == 0).any(|entry| entry == cookie.as_bytes());
            if ours && !wait_until_gone(pid, SWEPT) {
                return Err(format!("I3: process {pid} is left"));
            }
        }
        Ok(())
    }

    /// Killed after everything else was done, atlas may leave one whose work is in the tree.
    fn check_copies(&self) -> Result<(), String> {
        if self.copies().is_none() {
            return Ok(());
        }
        let cleared = self.world.atlas(["session", "gc"]).run();
        match self.copies() {
            Some(copy) => {
                let said = [cleared.stdout, cleared.stderr].concat();
                Err(format!("I10: {} is left\n{said}", copy.display()))
            }
            None => Ok(()),
        }
    }

    fn copies(&self) -> Option<PathBuf> {
        let folders = [
            self.world.home().join(".cache/atlas/worktrees"),
            self.world.dir().join(".git/worktrees"),
        ];
        let left = folders.iter().flat_map(fs::read_dir).flatten().flatten();
        // An empty folder is no copy: atlas was killed right after it had made that.
        let holds = |folder: &PathBuf| fs::read_dir(folder).is_ok_and(|mut it| it.next().is_some());
        left.map(|entry| entry.path()).find(holds)
    }

    fn check_locks(&self, session: &str) -> Result<(), String> {
        let again = self.world.atlas(["resume", session, "--format=json"]).run();
        match again.code {
            Some(0) => Ok(()),
            code => Err(format!("I8: one more resume ends with {code:?}\n{}", again.stderr)),
        }
    }

    /// What a result says that no break may change.
    fn essence(&self, result: &Value) -> Value {
        let steps: Vec<Value> = result["steps"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|step| json!({ "id": step["id"], "status": step["status"] }))
            .collect();
        json!({
            "status": result["status"],
            "exit_code": result["exit_code"],
            "output": result["output"],
            "files": result["changes"]["files"],
            "steps": steps,
            "made": read(&self.world.dir().join("made.txt")),
        })
    }

    /// The only session, or the newest of several.
    pub(crate) fn session(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.world.dir().join(".claude/sessions")).ok()?;
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        folders.filter(|path| path.join("journal.jsonl").exists()).max()
    }

    /// How often claude was asked, by step.
    fn calls(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        let noted = read(&self.world.fake().beside("calls"));
        for line in noted.lines() {
            let call: Value = serde_json::from_str(line).unwrap_or_default();
            if let (Some(true), Some(step)) =
                (call["print"].as_bool(), call["env"]["ATLAS_STEP"].as_str())
            {
                *calls.entry(step.to_owned()).or_default() += 1;
            }
        }
        calls
    }
}

/// What the fake does in each call, unless a trial says otherwise.
pub(crate) fn call() -> Vec<Step> {
    vec![
        Step::Init,
        Step::Write { path: "made.txt".to_owned(), text: "made\n".to_owned() },
        Step::Sleep(CALL_MS),
        Step::Result("Done.".to_owned()),
    ]
}

/// Where strace is, on a machine that has it and lets it work.
pub(crate) fn strace() -> Option<&'static Path> {
    let strace = Path::new("/usr/bin/strace");
    strace.exists().then_some(strace)
}

/// The run under strace, which does `what` at the `nth` call of `syscall` in each of its threads.
/// Children are let go of at their start: what is injected hits atlas alone.
pub(crate) fn injected(run: Run, strace: &Path, (syscall, nth, what): (&str, u64, &str)) -> Run {
    let (trace, inject) =
        (format!("trace={syscall}"), format!("inject={syscall}:{what}:when={nth}"));
    let args = ["-f", "-qq", "-o", "/dev/null", "--detach-on=execve", "-e", &trace, "-e", &inject];
    run.under(strace, args)
}

/// Waits so long, or until the program has ended; whether it still runs.
pub(crate) fn still_runs_after(running: &Running, wait: Duration) -> bool {
    !wait_until_gone(running.pid(), wait)
}

/// The steps whose calls are committed and were successes.
fn committed(journal: &str) -> Vec<String> {
    let lines = journal.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ended = lines.filter(|line| line["type"] == "call_ended");
    let good = ended.filter(|line| line["output"].is_object());
    good.filter_map(|line| line["step"].as_str().map(str::to_owned)).collect()
}

fn charged(result: &Value) -> Option<Usd> {
    Usd::from_dollars(result["spend"]["usd_charged"].as_f64()?)
}

fn whole_files(folder: &Path) -> Result<(), String> {
    let strange = |error| format!("I4: {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(strange)? {
        let entry = entry.map_err(strange)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.contains(".tmp-") || name == "objects" {
            continue;
        }
        let kind = entry.file_type().map_err(strange)?;
        if kind.is_dir() {
            whole_files(&path)?;
        } else if kind.is_file() {
            whole_file(&path, &name)?;
        } else if name != "atlas" {
            // That is the link to atlas itself, for agents to call it.
            return Err(format!("I4: {} is {kind:?}", path.display()));
        }
    }
    Ok(())
}

fn whole_file(path: &Path, name: &str) -> Result<(), String> {
    let is_whole: fn(&str) -> bool = match name {
        "journal.jsonl" | "scratch.jsonl" => |text| {
            text.lines().all(|line| journal_line::is_sealed(line.as_bytes()))
                && (text.is_empty() || text.ends_with('\n'))
        },
        "output.md" => |text| text == "Done.\n",
        _ if path.extension().is_some_and(|it| it == "json") => {
            |text| serde_json::from_str::<Value>(text).is_ok()
        }
        _ => return Ok(()),
    };
    let text = read(path);
    if is_whole(&text) {
        return Ok(());
    }
    Err(format!("I4: {} is torn: {text:?}", path.display()))
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// Numbers by chance, the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The numbers of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        // A state of zero would stay zero.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }

    /// A moment below `most`.
    pub(crate) fn moment(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
    }
}
