//! From a run that is over to a recording of it.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

use super::{Kept, Recorder, Recording, hidden};
use crate::{
    engine::{run::Finished, site::Site},
    model::{
        Fault, Request, Result, Status,
        recording::{Call, Case, GitCase, Place, Places, VERSION, Words, normalize},
        run::State,
    },
    store::recordings::Draft,
    sys::{env::Env, host},
};

/// The recording of a run, short of what came of it.
///
/// # Errors
/// The run ended in a way that no replay can show.
pub(crate) fn draft(site: &Site, state: &State, request: &Request) -> Result<Option<Draft>> {
    let Recording::Record(recorder) = &site.recording else { return Ok(None) };
    expect_playable(recorder, state)?;
    let words = words(&site.env, recorder);
    let kept = recorder.calls.borrow();
    let mut calls = Vec::new();
    for call in kept.iter() {
        let places = hidden(site, &call.note.asked.step, conversation(state, call));
        let stream = words.hide(&places.hide_stream(&read(call)?));
        calls.push((stream.into_bytes(), call.change.clone()));
    }
    let origin = &recorder.origin;
    Ok(Some(Draft {
        case: case(site, request, recorder),
        repo: origin.files.clone(),
        patches: vec![
            ("head.patch", origin.head.clone()),
            ("staged.patch", origin.staged.clone()),
            ("worktree.patch", origin.worktree.clone()),
        ],
        calls,
        expected: serde_json::Value::Null,
    }))
}

/// The result of a run as every replay of it has to have it.
pub fn expected(finished: &Finished, env: &Env) -> serde_json::Value {
    let mut result = serde_json::to_value(finished.result()).expect("a result is JSON");
    let home = env.get("HOME").map(|home| (Place::Home, home.to_owned()));
    let root = finished.plan.hook_dir().display().to_string();
    let own = [
        (Place::Repository, root),
        (Place::Repository, finished.root.display().to_string()),
        (Place::Session, finished.dir.display().to_string()),
        (Place::Skill, finished.plan.skill.dir.display().to_string()),
    ];
    normalize(&mut result, &Places::new(own.into_iter().chain(home)));
    result
}

fn expect_playable(recorder: &Recorder, state: &State) -> Result<()> {
    let refuse = |why: String| {
        Fault::invalid("this run cannot be recorded").because(why).hint("nothing was written")
    };
    let status = state.end.as_ref().map_or(Status::Interrupted, |end| end.status);
    match status {
        Status::Passed | Status::Rejected | Status::Inconclusive | Status::Failed => {}
        Status::Usage
        | Status::Blocked
        | Status::Limit
        | Status::Unavailable
        | Status::Invalid
        | Status::Waiting
        | Status::Busy
        | Status::Interrupted => return Err(refuse(format!("it ended {status}"))),
    }
    if let Some((step, _)) = recorder.broken_off.borrow().first() {
        return Err(refuse(format!("a call of `{step}` was broken off")));
    }
    Ok(())
}

fn conversation<'a>(state: &'a State, call: &Kept) -> &'a str {
    let known = state.step(&call.note.asked.step);
    known.and_then(|step| step.conversation.as_deref()).unwrap_or_default()
}

fn read(call: &Kept) -> Result<String> {
    let mut bytes = Vec::new();
    let read = File::open(&call.stream).and_then(|mut file| {
        file.seek(SeekFrom::Start(call.from))?;
        file.read_to_end(&mut bytes)
    });
    read.map_err(|error| Fault::failed("cannot read a call's stream").because(error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn words(env: &Env, recorder: &Recorder) -> Words {
    let user = env.get("USER").or_else(|| env.get("LOGNAME")).unwrap_or_default().to_owned();
    let is_content = |word: &str| {
        let files = recorder.origin.files.iter().map(|file| file.bytes.as_slice());
        let changes = [&recorder.origin.head, &recorder.origin.staged, &recorder.origin.worktree];
        files
            .chain(changes.map(Vec::as_slice))
            .any(|bytes| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
    };
    Words::new([(Place::User, user), (Place::Host, host::name())], is_content)
}

fn case(site: &Site, request: &Request, recorder: &Recorder) -> Case {
    let origin = &recorder.origin;
    let root = site.plan.hook_dir();
    let folder = site.plan.cwd.strip_prefix(root).unwrap_or(std::path::Path::new(""));
    let call = |kept: &Kept| Call {
        step: kept.note.asked.step.clone(),
        attempt: kept.note.asked.attempt,
        role: kept.note.asked.role.clone(),
        exit: kept.note.exit,
        parts: kept.note.asked.parts.clone(),
    };
    Case {
        version: VERSION,
        skill: site.plan.skill.name.clone(),
        made: made(site),
        claude: site.claude.as_ref().map_or_else(String::new, |claude| claude.version.clone()),
        args: request.args.clone(),
        inputs: request.inputs.iter().cloned().collect(),
        options: Case::options_of(request, &site.plan),
        folder: folder.display().to_string(),
        placeholders: vec![
            Place::Home,
            Place::User,
            Place::Host,
            Place::Repository,
            Place::Session,
            Place::Skill,
            Place::Temporary,
            Place::Conversation,
        ],
        left_out: origin.left_out.clone(),
        git: GitCase {
            branch: origin.standing.branch.clone(),
            base: origin.standing.base_name.clone(),
            ahead: origin.standing.ahead,
            log: origin.standing.log.clone(),
        },
        calls: recorder.calls.borrow().iter().map(call).collect(),
    }
}

/// Says plainly whether a model answered or a script did.
fn made(site: &Site) -> String {
    let version = site.claude.as_ref().map_or("", |claude| claude.version.as_str());
    let atlas = env!("CARGO_PKG_VERSION");
    let by = format!("recorded by atlas {atlas} through claude {version}");
    let local = site.env.get("ANTHROPIC_BASE_URL").filter(|url| {
        ["//127.0.0.1", "//localhost", "//[::1]"].iter().any(|host| url.contains(host))
    });
    match local {
        Some(_) => format!("{by}, with a model on the same machine, as a test scripts one"),
        None => by,
    }
}
