//! A session with 10,000 records more than its run wrote.

use std::fs;

use atlas::model::journal_line::seal;
use serde_json::Value;

use crate::pairs::{Goal, Side, compare};
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::world::World;

/// How many records are put in.
const RECORDS: usize = 10_000;

/// The run is over, so a resume reads everything, asks nobody, and tells the result again.
pub(crate) fn measure() {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: "made.txt".to_owned(), text: "made\n".to_owned() },
        Step::Result("Done.".to_owned()),
    ]));
    world.user_config("isolation: none\n").greet();
    world.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    let sessions = world.dir().join(".claude/sessions");
    let session = fs::read_dir(sessions)
        .expect("there are sessions")
        .filter_map(|entry| Some(entry.ok()?.path().join("journal.jsonl")))
        .find(|journal| journal.exists())
        .expect("there is a session");
    let lines = fs::read_to_string(&session).expect("it has a journal");
    files::write(&session, longer(&lines));

    let version = || world.atlas(["--version"]);
    let resume = || world.atlas(["resume", "--last"]);
    let version = Side { name: "atlas --version", run: &version, stdin: None, says: "atlas" };
    let resume = Side { name: "atlas resume", run: &resume, stdin: None, says: "Done." };
    let title = format!("resume of a session with {RECORDS} records");
    compare(&title, 60, [&version, &resume], &Goal::Adds(100.0));
}

/// The journal with what a look at the tree saw told again and again, in its place.
fn longer(journal: &str) -> Vec<u8> {
    let mut lines: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).expect("a journal is JSON"))
        .collect();
    let at = lines
        .iter()
        .position(|line| line["type"] == "changes")
        .expect("the run looked at its tree");
    let seen = lines[at].clone();
    lines.splice(at..at, std::iter::repeat_n(seen, RECORDS));
    lines.into_iter().zip(1_u64..).flat_map(|(line, seq)| sealed(line, seq)).collect()
}

fn sealed(mut line: Value, seq: u64) -> Vec<u8> {
    line["seq"] = seq.into();
    if let Some(fields) = line.as_object_mut() {
        fields.shift_remove("crc");
    }
    seal(line.to_string().into_bytes())
}
