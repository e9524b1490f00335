use std::{
    io::{PipeWriter, Write as _},
    thread::{self, JoinHandle},
};

use rustix::process::{getsid, kill_process};

use super::*;
use crate::sys::{
    lock::{Attempt, FileLock, Mode},
    sweep::{
        COOKIE,
        tests::{gone, start, unique},
    },
};

const LONG: Duration = Duration::from_secs(20);
const SLEEPER: &str = "echo $$; exec sleep 600";

fn watching() -> (PipeWriter, JoinHandle<Vec<ProcessId>>) {
    let (reader, writer) = io::pipe().unwrap();
    (writer, thread::spawn(|| watch(reader)))
}

fn line(id: ProcessId, cookie: &str) -> String {
    format!("+ {} {} {cookie}\n", id.pid, id.start.unwrap())
}

#[tokio::test]
async fn a_closed_pipe_ends_all_that_is_known_and_nobody_else() {
    let run = unique("warden");
    let unit = |name: &str| format!("{run}/{name}");
    let guarded = start(SLEEPER, &[(COOKIE, &unit("guarded"))], 1).await;
    let escaped =
        start("setsid sh -c 'echo $$; exec sleep 600'; wait", &[(COOKIE, &unit("esc"))], 1).await;
    let unregistered = start(SLEEPER, &[(COOKIE, &unit("new"))], 1).await;
    let bare = start("trap '' TERM; echo $$; while :; do sleep 600; done", &[], 1).await;
    let stranger = start(SLEEPER, &[(COOKIE, &format!("{run}x"))], 1).await;
    let released = start(SLEEPER, &[], 1).await;
    let reused = start(SLEEPER, &[], 1).await;

    let (mut writer, warden) = watching();
    let text = [
        format!("run {run}\n"),
        line(guarded.0.id(), &unit("guarded")),
        line(escaped.0.id(), &unit("esc")),
        line(bare.0.id(), &unit("bare")),
        line(released.0.id(), &unit("released")),
        format!("- {}\n", released.0.id().pid),
        format!("+ {} 1 {}\n", reused.0.id().pid, unit("reused")),
        "what is this\n\n+ x y z\n- x\n+ 1\n".to_owned(),
        // Half a line, as a killed atlas may leave it.
        format!("+ {} ", stranger.0.id().pid),
    ];
    writer.write_all(text.concat().as_bytes()).unwrap();
    drop(writer);
    let started = Instant::now();
    let found = warden.join().unwrap();
    assert!(started.elapsed() < WITHIN, "{:?}", started.elapsed());
    for (name, (_group, held)) in
        [("guarded", &guarded), ("escaped", &escaped), ("new", &unregistered)]
    {
        assert!(gone(&held[0], Duration::ZERO), "{name}");
        assert!(found.contains(&held[0].0), "{name}");
    }
    // It carries no cookie and is deaf to TERM, so only its group tells of it.
    assert!(found.contains(&bare.0.id()) && gone(&bare.1[0], LONG));
    for (name, (_group, held)) in
        [("stranger", &stranger), ("released", &released), ("reused", &reused)]
    {
        assert!(!gone(&held[0], Duration::ZERO), "{name}");
    }
}

#[test]
fn folders_with_keys_go_with_a_killed_run_only() {
    let keys = tempfile::tempdir().unwrap();
    for (name, end, left) in [("killed", "", false), ("done", "done\n", true)] {
        let folder = keys.path().join(name);
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        let (mut writer, warden) = watching();
        let text = format!("run {}\nremove {}\n{end}", unique(name), folder.display());
        writer.write_all(text.as_bytes()).unwrap();
        drop(writer);
        warden.join().unwrap();
        assert_eq!(folder.exists(), left, "{name}");
    }
}

#[tokio::test]
async fn done_ends_nobody() {
    let cookie = unique("done");
    let (group, held) = start(SLEEPER, &[(COOKIE, &cookie)], 1).await;
    let (mut writer, warden) = watching();
    let text = format!("run {cookie}\n{}done\n", line(group.id(), &cookie));
    writer.write_all(text.as_bytes()).unwrap();
    assert_eq!(warden.join().unwrap(), []);
    assert!(!gone(&held[0], Duration::ZERO));
    drop(writer);
}

/// The marker that makes [`acts_as_warden`] one; the test harness takes it for a name to skip.
const MARKER: &str = "this-process-is-a-warden";

fn start_process(run_cookie: &str, holds: Holds) -> io::Result<Warden> {
    let exe = std::env::current_exe().unwrap();
    let args = ["--exact", "sys::warden::tests::acts_as_warden", "--skip", MARKER];
    Warden::from_program(&client::program(&exe, &args), run_cookie, holds)
}

#[test]
fn acts_as_warden() {
    if std::env::args().any(|arg| arg == MARKER) {
        serve().unwrap();
    }
}

#[tokio::test]
async fn a_warden_outlives_signals_and_holds_the_locks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let file = std::fs::File::create(&path).unwrap();
    file.lock().unwrap();
    let cookie = unique("process");
    let unit = format!("{cookie}/unit");
    let deaf = "trap '' TERM; echo $$; while :; do sleep 600; done";
    let (group, held) = start(deaf, &[(COOKIE, &unit)], 1).await;

    let holds = Holds { session: Some(file.try_clone().unwrap().into()), tree: None };
    let mut warden = start_process(&cookie, holds).unwrap();
    let pid = Pid::from_raw(warden.id().pid.cast_signed()).unwrap();
    assert_eq!(getsid(Some(pid)).unwrap(), pid, "it leads a session of its own");
    let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert_eq!(String::from_utf8_lossy(&environ), "");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        kill_process(pid, signal).unwrap();
    }
    warden.guard(&group.id(), &unit).unwrap();

    // What a kill of this process would do: it closes everything and unlocks nothing.
    drop(file);
    let handle = (warden.id(), Handle::open(warden.id().pid).unwrap());
    drop(warden);
    let held_still = FileLock::try_lock(&path, Mode::Exclusive).unwrap();
    assert!(matches!(held_still, Attempt::Held { .. }), "{held_still:?}");
    assert!(gone(&held[0], LONG), "{unit}");
    assert!(gone(&handle, LONG), "the warden goes when its work is done");
    let free = FileLock::try_lock(&path, Mode::Exclusive).unwrap();
    assert!(matches!(free, Attempt::Locked(_)), "{free:?}");
}

#[tokio::test]
async fn a_warden_that_is_done_goes_and_leaves_all_alone() {
    let cookie = unique("sent-home");
    let (group, held) = start(SLEEPER, &[(COOKIE, &cookie)], 1).await;
    let mut warden = start_process(&cookie, Holds::default()).unwrap();
    let handle = (warden.id(), Handle::open(warden.id().pid).unwrap());
    warden.guard(&group.id(), &cookie).unwrap();
    warden.guard(&ProcessId { pid: 1, start: None }, &cookie).unwrap();
    warden.release(1).unwrap();
    for bad in ["", "two\nlines", "nul\0"] {
        let error = warden.guard(&group.id(), bad).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{bad:?}");
    }
    warden.done().unwrap();
    assert!(gone(&handle, LONG));
    assert!(!gone(&held[0], Duration::ZERO));
}

#[test]
fn a_program_that_is_no_warden_is_an_error() {
    for (exe, args) in [("/bin/true", &[][..]), ("/nowhere/atlas", &[])] {
        let program = client::program(exe.as_ref(), args);
        assert!(Warden::from_program(&program, "cookie", Holds::default()).is_err(), "{exe}");
    }
}

#[tokio::test]
async fn a_killed_warden_is_noticed() {
    let mut warden = start_process(&unique("killed"), Holds::default()).unwrap();
    let handle = (warden.id(), Handle::open(warden.id().pid).unwrap());
    handle.1.signal(Signal::KILL).unwrap();
    assert!(gone(&handle, LONG));
    // A program that another test forks at this moment holds the socket open until it is executed.
    let told = || warden.guard(&ProcessId { pid: 1, start: None }, "cookie").err();
    let error = std::iter::repeat_with(told).flatten().next().unwrap();
    // The second is what a writer hears who waited for room.
    let gone = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
    assert!(gone.contains(&error.kind()), "{error:?}");
}
