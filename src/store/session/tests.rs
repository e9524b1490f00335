use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::{TempDir, tempdir};

use super::*;
use crate::{
    model::digest::sha256,
    model::{
        Request, Status,
        journal_line::tests::every_event,
        run::{Event, event::Output},
        value::Span,
    },
    sys::{clock::Clock, lock::Mode},
};

/// A place with a tree and the user's state folder.
struct Place {
    folder: TempDir,
    sessions: Sessions,
}

impl Place {
    fn new() -> Self {
        let folder = tempdir().unwrap();
        fs::create_dir(folder.path().join("tree")).unwrap();
        let sessions = Sessions::at(&folder.path().join("tree"), &folder.path().join("state"));
        Self { folder, sessions }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn create(&self, at: &str) -> Session {
        let clock = Clock::Fixed(at.parse().unwrap());
        let home = self.sessions.home().unwrap();
        home.create(&NewSession { clock, claude: Some("2.1.328".to_owned()) }).unwrap()
    }
}

mod hostile;
mod processes;

const NOON: &str = "2026-11-20T12:00:00Z";
const LATER: &str = "2026-11-20T13:00:00Z";

fn start(run: u32) -> Event {
    let request = Request { skill: format!("skill-{run}"), ..Request::default() };
    Event::RunStarted {
        run,
        request: Box::new(request),
        atlas: "0".to_owned(),
        claude: None,
        stand: None,
        before: None,
    }
}

fn plan() -> Event {
    let events = every_event("any", 1, serde_json::Value::Null);
    events.into_iter().find(|event| matches!(event, Event::Plan { .. })).unwrap()
}

fn end(status: Status) -> Event {
    Event::RunEnded { status, exit_code: status.code(), reason: "because".to_owned() }
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn a_session_is_made_found_and_gone_on_with() {
    let place = Place::new();
    assert_eq!(place.sessions.last().unwrap_err().status, Status::Usage);
    let session = place.create(NOON);
    let id = session.id().clone();
    assert!(id.as_str().starts_with("20261120-120000-"));
    assert_eq!(session.dir(), place.path("tree/.claude/sessions").join(id.as_str()));
    assert_eq!(session.notice, None);
    session.journal.commit(&start(1)).await.unwrap();
    session.describe(|file| file.base = Some("abc".to_owned())).unwrap();

    for query in [id.as_str(), id.letters(), "2026"] {
        assert_eq!(place.sessions.find(query).unwrap(), *session.stored(), "{query}");
    }
    assert_eq!(place.sessions.last().unwrap(), *session.stored());
    let stored = session.stored().clone();
    let home = place.sessions.home().unwrap();
    let fault = home.resume(&stored, Clock::System).unwrap_err();
    assert_eq!(fault.status, Status::Busy);
    let pid = std::process::id();
    assert_eq!(fault.to_string(), format!("session {id} is held by process {pid}"));

    drop(session);
    let (session, recovered) = home.resume(&stored, Clock::System).unwrap();
    assert_eq!(recovered.lines.len(), 1);
    let file = session.file();
    assert_eq!((file.base.as_deref(), file.claude.as_deref()), (Some("abc"), Some("2.1.328")));
    session.journal.commit(&end(Status::Passed)).await.unwrap();
    assert_eq!(stored.lines().unwrap().len(), 2);
}

#[tokio::test]
async fn a_name_that_means_two_or_none_is_a_wrong_command_line() {
    let place = Place::new();
    let (first, second) = (place.create(NOON), place.create(NOON));
    let fault = place.sessions.find("20261120").unwrap_err();
    assert_eq!(fault.status, Status::Usage);
    assert_eq!(fault.message, "`20261120` can mean several sessions");
    for session in [&first, &second] {
        assert!(fault.causes[0].contains(session.id().as_str()), "{fault}");
    }
    for query in ["1999", "", "../../etc", "\u{1b}[2J"] {
        let fault = place.sessions.find(query).unwrap_err();
        let expected = format!("no session answers to `{}`", query.escape_debug());
        assert_eq!((fault.status, fault.message), (Status::Usage, expected));
    }
}

#[tokio::test]
async fn a_list_tells_what_happened_from_the_summary_or_from_the_journal() {
    let place = Place::new();
    let first = place.create(NOON);
    let second = place.create(LATER);
    for event in [start(1), end(Status::Passed), start(2), plan(), end(Status::Limit)] {
        first.journal.append(&event).await.unwrap();
    }
    let check = |fresh: &str| {
        let list = place.sessions.list().unwrap();
        let ids: Vec<_> = list.iter().map(|listed| &listed.session.id).collect();
        assert_eq!(ids, [second.id(), first.id()], "{fresh}: the newest first");
        assert_eq!(list[0].summary, Ok(None), "{fresh}");
        let summary = list[1].summary.as_ref().unwrap().as_ref().unwrap();
        assert_eq!((summary.runs, summary.skill.as_str()), (2, "skill-2"), "{fresh}");
        assert_eq!(summary.ended.as_ref().map(|end| end.status), Some(Status::Limit), "{fresh}");
        assert!(summary.is_unfinished(), "{fresh}");
        assert_eq!(list[1].held_by.map(|id| id.pid), Some(std::process::id()), "{fresh}");
    };
    check("stale");
    first.describe(|_| {}).unwrap();
    assert_eq!(SessionFile::read(&first.stored().file()).unwrap().summary.unwrap().runs, 2);
    check("fresh");
    fs::remove_file(first.stored().file()).unwrap();
    check("missing");
    fs::create_dir(first.stored().file()).unwrap();
    check("nonsense");
}

#[tokio::test]
async fn a_session_that_cannot_be_read_stays_in_the_list() {
    let place = Place::new();
    let session = place.create(NOON);
    session.journal.append(&start(1)).await.unwrap();
    let journal = session.stored().journal();
    drop(session);
    fs::File::create(journal)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"a\nb\n"))
        .unwrap();
    let list = place.sessions.list().unwrap();
    assert_eq!(list[0].summary.as_ref().unwrap_err().status, Status::Invalid);
    assert!(place.sessions.unfinished().is_none());
}

#[tokio::test]
async fn the_newest_unfinished_session_is_named_unless_somebody_is_at_it() {
    let rows = [
        (None, true),
        (Some(Status::Interrupted), true),
        (Some(Status::Limit), true),
        (Some(Status::Unavailable), true),
        (Some(Status::Passed), false),
        (Some(Status::Failed), false),
        (Some(Status::Rejected), false),
        (Some(Status::Blocked), false),
    ];
    for (status, expected) in rows {
        let place = Place::new();
        let session = place.create(NOON);
        session.journal.append(&start(1)).await.unwrap();
        session.journal.append(&plan()).await.unwrap();
        if let Some(status) = status {
            session.journal.append(&end(status)).await.unwrap();
        }
        assert!(place.sessions.unfinished().is_none(), "{status:?}: it is held");
        let id = session.id().clone();
        drop(session);
        // A newer one that never began a run is nothing to go on with, or began one without a plan.
        drop(place.create(LATER));
        place.create(LATER).journal.append(&start(1)).await.unwrap();
        let found = place.sessions.unfinished().map(|listed| listed.session.id);
        assert_eq!(found, expected.then_some(id), "{status:?}");
    }
}

#[test]
fn a_place_without_room_is_given_one_outside() {
    let state = tempdir().unwrap();
    let bare = tempdir().unwrap();
    // Nobody, not even root, makes folders in /proc and /sys.
    let rows = [
        (Sessions::of_bare(bare.path(), state.path()), "a bare repository has no work tree"),
        (Sessions::at(Path::new("/sys/kernel"), state.path()), "`/sys/kernel/.claude`: "),
    ];
    for (sessions, expected) in rows {
        let home = sessions.home().unwrap();
        let notice = home.notice.clone().unwrap();
        assert!(notice.why.contains(expected), "{notice}");
        let shown = format!("the session is kept in `{}`: ", home.folder.display());
        assert!(notice.to_string().starts_with(&shown), "{notice}");
        let session = home.create(&NewSession::default()).unwrap();
        assert!(session.dir().starts_with(state.path().join("sessions")));
        assert_eq!(session.notice, Some(notice));
        assert_eq!(sessions.last().unwrap(), *session.stored());
    }
    assert_eq!(fs::read_dir(bare.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(state.path().join("sessions")).unwrap().count(), 2, "one a tree");
}

#[tokio::test]
async fn the_tree_is_shared_or_held_alone() {
    use Mode::{Exclusive, Shared};
    let rows = [(Exclusive, Exclusive, false), (Exclusive, Shared, false), (Shared, Shared, true)];
    for (first, second, both) in rows {
        let place = Place::new();
        let home = place.sessions.home().unwrap();
        let lock = home.lock_tree(first, None).await.unwrap();
        let tried = home.lock_tree(second, None).await;
        assert_eq!(tried.is_ok(), both, "{first:?} {second:?}");
        if let Err(fault) = tried {
            assert_eq!(fault.status, Status::Busy);
            let by = format!("is held by process {}", std::process::id());
            assert!(fault.message.ends_with(&by), "{fault}");
            let waited = home.lock_tree(second, Some(Span::millis(50))).await.unwrap_err();
            assert_eq!(waited.status, Status::Busy);
            let wait = home.lock_tree(second, Some(Span::seconds(60)));
            let (locked, ()) = tokio::join!(wait, async { drop(lock) });
            assert!(locked.is_ok());
        }
    }
}

#[test]
fn every_step_has_a_folder_of_its_own() {
    let place = Place::new();
    let session = place.create(NOON);
    let rows = [
        ("gather", "gather/1"),
        ("each[3]", "each[3]/1"),
        ("fan/each[12]/judge", "fan/each[12]/judge/1"),
        ("Gather", "%47ather/1"),
        ("a b", "a%20b/1"),
        ("..", "%2e%2e/1"),
        ("../../x", "%2e%2e/%2e%2e/x/1"),
        ("/etc", "%/etc/1"),
        ("", "%/1"),
        ("%", "%25/1"),
        ("a[b]", "a%5bb%5d/1"),
        ("a[]", "a%5b%5d/1"),
        ("a[1", "a%5b1/1"),
        ("ü", "%c3%bc/1"),
        ("a\0\n", "a%00%0a/1"),
    ];
    let steps = session.dir().join("runs/2/steps");
    for (step, expected) in rows {
        let folder = session.attempt_dir(2, step, 1).unwrap();
        assert_eq!(folder, steps.join(expected), "{step:?}");
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(session.attempt_dir(2, step, 1).unwrap(), folder, "making it twice is fine");
    }
}

#[test]
fn an_output_is_what_was_committed_or_refused() {
    let place = Place::new();
    let session = place.create(NOON);
    let folder = session.attempt_dir(1, "a", 1).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        session.write_durable(&folder.join(name), bytes).unwrap();
        let sha256 = sha256(bytes);
        Output::File { path: format!("runs/1/steps/a/1/{name}"), sha256 }
    };
    let text = Output::Text { text: "# Ok\n".to_owned() };
    let json = Output::Json { json: serde_json::json!({"a": [1]}) };
    let kept = [
        (text.clone(), text.clone()),
        (json.clone(), json.clone()),
        (write("output.md", b"# Ok\n"), text),
        (write("output.json", b"{\"a\": [1]}\n"), json),
    ];
    for (output, expected) in kept {
        assert_eq!(session.stored().load_output(&output).unwrap(), expected);
    }
    assert_eq!(mode(&folder.join("output.md")), 0o600);

    let Output::File { sha256, .. } = write("changed.md", b"before") else { unreachable!() };
    write("changed.md", b"after!");
    symlink("/etc/hostname", folder.join("link.md")).unwrap();
    symlink("/", folder.join("root")).unwrap();
    let refused = [
        ("runs/1/steps/a/1/changed.md", "its bytes have another hash"),
        ("runs/1/steps/a/1/link.md", "it is no file of the session"),
        ("runs/1/steps/a/1/root/etc/hostname", "it is no file of the session"),
        ("runs/1/steps/a/1/missing.md", "it is no file of the session"),
        ("../../../../tree", "it is no file of the session"),
        ("/etc/hostname", "it is no file of the session"),
        ("runs/1/steps/a/1", "not a regular file but a folder"),
    ];
    for (path, expected) in refused {
        let output = Output::File { path: path.to_owned(), sha256: sha256.clone() };
        let fault = session.stored().load_output(&output).unwrap_err();
        assert_eq!(fault.status, Status::Invalid);
        assert!(fault.to_string().contains(expected), "{fault}");
    }
    assert!(session.write_durable(&place.path("tree/x"), b"x").is_err());
    assert!(!place.path("tree/x").exists());
}
