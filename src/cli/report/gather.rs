//! Reads what a page tells: the journal, prompts and streams, trees. Whatever can no longer be
//! read is left out of the page, which says so where it would have stood.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    context::Context,
    session::{diff::patch_of, show},
};
use crate::{
    model::{
        Fault, Result,
        call::transcript::{Turn, transcript},
        journal_line::Line,
        result::{RunResult, own_findings},
        run::{Event, Plan},
    },
    report::page::{Conversation, Material, Story},
    store::session::{SessionDir, runs},
    sys::{
        fs::read_beneath,
        git::{Place, Repository, Snapshot, escape},
    },
};

/// A longer stream is not read for a page.
const LARGEST_STREAM: u64 = 64 << 20;

/// A longer prompt or file is not either.
const LARGEST_FILE: u64 = 8 << 20;

/// So many turns of a conversation are shown, and so many characters of each text.
const TURNS: usize = 300;
const CHARACTERS: usize = 12_000;

/// The story of a session.
pub(super) fn story(session: &SessionDir, context: &Context) -> Result<Story> {
    let lines = session.lines()?;
    let begun = runs(&lines);
    let read: Vec<_> =
        begun.iter().filter_map(|lines| Some((*lines, show::read(session, lines)?))).collect();
    if read.is_empty() {
        return Err(Fault::usage(format!("session {} has no run to tell of", session.id))
            .because("it broke off before there was a plan"));
    }
    if read.len() < begun.len() {
        context.printer.warn("a run that broke off before it had a plan is left out");
    }
    let repository = match &context.project().place {
        Ok(Place::Repository(repository)) => Some(repository),
        Ok(Place::Bare { .. } | Place::Outside | Place::Unsupported { .. }) | Err(_) => None,
    };
    let materials: Vec<Material<'_>> = read
        .iter()
        .map(|(lines, run)| Material {
            lines,
            plan: &run.plan,
            state: &run.state,
            result: &run.result,
            patch: repository
                .and_then(|repository| patch_of(session, lines, repository))
                .map(|patch| String::from_utf8_lossy(&patch.bytes).into_owned()),
            conversations: conversations(session, run.state.run, lines),
            files: repository
                .map(|repository| files(session, lines, (&run.plan, &run.result), repository))
                .unwrap_or_default(),
        })
        .collect();
    let root = &context.project().root;
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Story::of(session.id.as_str(), &name.unwrap_or_default(), &materials))
}

/// The conversation of each attempt, in the order in which they began.
fn conversations(session: &SessionDir, run: u32, lines: &[Line]) -> Vec<Conversation> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for line in lines {
        let Event::CallStarted(call) = &line.event else { continue };
        if seen.insert((call.step.as_str(), call.attempt)) {
            found.push(conversation(session, run, &call.step, call.attempt));
        }
    }
    found
}

fn conversation(session: &SessionDir, run: u32, step: &str, attempt: u32) -> Conversation {
    let folder = session.attempt_dir(run, step, attempt);
    let inside = folder.strip_prefix(&session.path).unwrap_or(&folder);
    let read = |name: &str, most| read_beneath(&session.path, &inside.join(name), most);
    let text = |name: &str| {
        let bytes = read(name, LARGEST_FILE).unwrap_or_default();
        start(&String::from_utf8_lossy(&bytes))
    };
    let (turns, left_out) = match read("stream.jsonl", LARGEST_STREAM) {
        Ok(stream) => shown(transcript(&stream)),
        Err(_) => (Vec::new(), "What was said can no longer be read.".to_owned()),
    };
    let (system, prompt) = (text("system.md"), text("prompt.md"));
    Conversation { step: step.to_owned(), attempt, system, prompt, turns, left_out }
}

/// As many turns as a page holds: the first ones and the last one, which ends it.
fn shown(mut turns: Vec<Turn>) -> (Vec<Turn>, String) {
    let excess = turns.len().saturating_sub(TURNS);
    if excess > 0 {
        turns.drain(TURNS - 1..TURNS - 1 + excess);
    }
    for turn in &mut turns {
        turn.text = start(&turn.text);
    }
    let note = match excess {
        0 => String::new(),
        _ => format!("{excess} turns before the last one are left out; the session has them."),
    };
    (turns, note)
}

/// As much of a text as a page holds.
fn start(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}\n… the rest is in the session", &text[..end]),
    }
}

/// The files that findings speak of, from the tree that was judged.
fn files(
    session: &SessionDir,
    lines: &[Line],
    (plan, result): (&Plan, &RunResult),
    repository: &Repository,
) -> BTreeMap<String, String> {
    let claimed = result.verdict.iter().flat_map(|verdict| &verdict.findings);
    let claimed = claimed.filter_map(|finding| finding.file.clone());
    let own = own_findings(plan, result).into_iter().filter_map(|finding| finding.file);
    let wanted: BTreeSet<String> = claimed.chain(own).collect();
    let tree = lines.iter().rev().find_map(|line| match &line.event {
        Event::Changes { changes, branch: None, .. } => changes.tree.clone(),
        _ => None,
    });
    let Some(tree) = tree.filter(|_| !wanted.is_empty()) else { return BTreeMap::new() };
    let (objects, snapshot) = (session.objects(), Snapshot { tree, unstored: Vec::new() });
    let there = repository.files(&objects, &snapshot).unwrap_or_default();
    let mut found = BTreeMap::new();
    for file in there {
        let path = escape(&file.path);
        if wanted.contains(path.as_str())
            && let Ok(bytes) = repository.content(&objects, &file)
            && bytes.len() as u64 <= LARGEST_FILE
        {
            found.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    found
}
