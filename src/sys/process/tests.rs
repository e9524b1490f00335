use std::{fs::File, path::Path, time::Instant};

use tempfile::tempdir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::unix::pipe,
    sync::watch,
};

use super::*;
use crate::sys::{capture::KEEP_BYTES, env::Env, lines::LineReader, signals::Stop};

#[cfg(target_os = "linux")]
mod linux;

/// A shell that runs `script` with nothing but `PATH` in its environment.
pub(crate) fn sh(script: &str) -> Program {
    let path = Env::from_process().get_os("PATH").unwrap().to_owned();
    Program {
        path: "sh".into(),
        args: vec!["-c".into(), script.into()],
        cwd: "/".into(),
        env: vec![("PATH".into(), path)],
    }
}

/// Makes a FIFO at `path`.
pub(crate) async fn make_fifo(path: &Path) {
    let mut group = Group::spawn(&sh(&format!("mkfifo '{}'", path.display()))).unwrap();
    assert_eq!(group.wait().await.unwrap(), Exit::Code(0));
}

const LIMITS: RunLimits = RunLimits {
    timeout: Duration::from_secs(60),
    grace: Duration::from_secs(20),
    keep_bytes: KEEP_BYTES,
    leak_grace: Duration::from_millis(200),
};

async fn run_with(script: &str, input: &[u8], limits: RunLimits) -> Finished {
    let (_sender, stop) = watch::channel(Stop::Running);
    run(&sh(script), input.to_vec(), limits, stop).await.unwrap()
}

/// The first lines that a child says, to know what it is doing.
async fn said(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    lines.next_line().await.unwrap().expect("the child says one more line")
}

fn lines_of(group: &mut Group) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(group.take_stdout().unwrap()).lines()
}

#[tokio::test]
async fn endings() {
    let rows: &[(&str, &[u8], Exit, &str, &str)] = &[
        ("true", b"", Exit::Code(0), "", ""),
        ("cat; echo e >&2; exit 3", b"hi", Exit::Code(3), "hi", "e\n"),
        ("kill -9 $$", b"", Exit::Signal(9), "", ""),
        ("exec >&- 2>&-; read line; exit $line", b"7\n", Exit::Code(7), "", ""),
        (
            "echo $0 $#; pwd; env | grep -v ^_= | grep -v ^PATH= | grep -v ^PWD= | grep -v ^SHLVL=",
            b"",
            Exit::Code(1),
            "sh 0\n/\n",
            "",
        ),
    ];
    for (script, input, exit, stdout, stderr) in rows {
        let finished = run_with(script, input, LIMITS).await;
        assert_eq!(finished.end, End::Exited(*exit), "{script}");
        assert_eq!(finished.stdout.text(), *stdout, "{script}");
        assert_eq!(finished.stderr.text(), *stderr, "{script}");
        assert!(!finished.leaked, "{script}");
    }
}

/// The table of process traps, as far as they concern one program and its group.
#[tokio::test]
async fn traps() {
    let ms = Duration::from_millis;
    let megabyte = vec![b'x'; 1_000_000];
    let long = LIMITS;
    let short = RunLimits { timeout: ms(200), ..LIMITS };
    let impatient = RunLimits { timeout: ms(200), grace: ms(200), ..LIMITS };
    // Where nothing is held, nothing is waited for, however long it takes to let go.
    let patient = RunLimits { leak_grace: Duration::from_secs(10), ..LIMITS };
    let exited = End::Exited(Exit::Code(0));
    let rows = [
        ("1 MB both ways", "head -c 1000000 /dev/zero; cat >/dev/null", long, exited, false),
        ("1 MB echoed", "cat", long, exited, false),
        ("stdin never read", "exit 0", long, exited, false),
        ("stdin closed", "exec <&-; head -c 1000 /dev/zero", long, exited, false),
        ("grandchild holds stdout", "sleep 600 & echo hi", long, exited, true),
        ("grandchild holds stderr", "sleep 600 >/dev/null & echo hi", long, exited, true),
        ("grandchild holds nothing", "sleep 600 >/dev/null 2>&1 & echo", patient, exited, false),
        ("group obeys TERM", "sleep 600 & sleep 600", short, End::TimedOut, false),
        ("ignores TERM", "trap '' TERM; sleep 600; sleep 600", impatient, End::TimedOut, false),
        ("is stopped", "kill -STOP $$; sleep 600", short, End::TimedOut, false),
    ];
    for (name, script, limits, end, leaked) in rows {
        let finished = run_with(script, &megabyte, limits).await;
        assert_eq!((finished.end, finished.leaked), (end, leaked), "{name}");
        assert!(finished.elapsed < Duration::from_secs(10), "{name}: {:?}", finished.elapsed);
    }
}

#[tokio::test]
async fn a_flood_is_bounded() {
    let finished = run_with("head -c 200000000 /dev/zero", b"", LIMITS).await;
    assert_eq!(finished.stdout.total(), 200_000_000);
    assert_eq!(finished.stdout.dropped(), 200_000_000 - KEEP_BYTES as u64);
}

#[tokio::test]
async fn stopping_is_polite_or_at_once() {
    // The shell is known to wait once its child speaks; a trap runs when that child was ended.
    let speak = "sh -c 'echo up >FIFO; exec sleep 600'";
    let polite = &format!("trap 'echo bye; exit' TERM; {speak}");
    let deaf = &format!("trap 'echo asked >FIFO' TERM; {speak}; while :; do sleep 600; done");
    // It takes longer than the leak grace, for which the leader's end would not be enough.
    let member = &format!("(trap 'sleep 1; echo bye; exit' TERM; {speak}) & wait");
    let rows = [
        (polite, &[Stop::Polite][..], "bye\n"),
        (member, &[Stop::Polite], "bye\n"),
        (deaf, &[Stop::Polite, Stop::Now], ""),
        (polite, &[Stop::Now], ""),
    ];
    for (script, stops, output) in rows {
        let folder = tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        make_fifo(&fifo).await;
        let mut events = pipe::OpenOptions::new().read_write(true).open_receiver(&fifo).unwrap();
        let (sender, stop) = watch::channel(Stop::Running);
        let program = sh(&script.replace("FIFO", fifo.to_str().unwrap()));
        let person = async {
            let mut events = BufReader::new(&mut events).lines();
            for stop in stops {
                events.next_line().await.unwrap();
                sender.send(*stop).unwrap();
            }
        };
        let (finished, ()) = tokio::join!(run(&program, Vec::new(), LIMITS, stop), person);
        let finished = finished.unwrap();
        assert_eq!((finished.end, finished.leaked), (End::Stopped, false), "{stops:?}");
        assert_eq!(finished.stdout.text(), output, "{stops:?}");
        assert!(finished.elapsed < Duration::from_secs(10), "{stops:?}");
    }
}

#[tokio::test]
async fn nothing_starts_after_a_stop() {
    for stop in [Stop::Polite, Stop::Now] {
        let (_sender, stop) = watch::channel(stop);
        let program = Program { path: "no-such-program".into(), ..sh("") };
        let finished = run(&program, Vec::new(), LIMITS, stop).await.unwrap();
        assert_eq!((finished.end, finished.stdout.total()), (End::Stopped, 0));
    }
}

#[tokio::test]
async fn a_group_is_known_by_its_leader() {
    let mut group = Group::spawn(&sh("read line")).unwrap();
    let id = group.id();
    assert_eq!(ProcessId::of(id.pid), id);
    #[cfg(target_os = "linux")]
    assert!(id.start.is_some());
    let own = rustix::process::getpgrp();
    let theirs = rustix::process::getpgid(Some(group.leader)).unwrap();
    assert_eq!((theirs, theirs == own), (group.leader, false));
    drop(group.take_stdin());
    assert_eq!(group.wait().await.unwrap(), Exit::Code(1));
    assert_eq!(group.wait().await.unwrap(), Exit::Code(1), "the end can be asked for again");
    assert_eq!(ProcessId::of(id.pid), id, "the pid stays ours until the group is dropped");
    drop(group);
    assert_eq!(
        waitpid(Pid::from_raw(id.pid.cast_signed()), WaitOptions::NOHANG).unwrap_err(),
        rustix::io::Errno::CHILD
    );
}

#[tokio::test]
async fn a_group_can_be_driven_by_hand() {
    let mut group =
        Group::spawn(&sh("while read line; do echo \"<$line>\"; done; echo end >&2")).unwrap();
    let mut stdin = group.take_stdin().unwrap();
    let mut lines = LineReader::new(group.take_stdout().unwrap());
    let mut stderr = group.take_stderr().unwrap();
    assert!(group.take_stdin().is_none() && group.take_stdout().is_none());
    for word in ["one", "two"] {
        stdin.write_all(format!("{word}\n").as_bytes()).await.unwrap();
        let line = lines.next_line().await.unwrap().unwrap();
        assert_eq!(line.bytes, format!("<{word}>").as_bytes());
    }
    drop(stdin);
    assert_eq!(lines.next_line().await.unwrap(), None);
    let mut text = String::new();
    stderr.read_to_string(&mut text).await.unwrap();
    assert_eq!((text.as_str(), group.wait().await.unwrap()), ("end\n", Exit::Code(0)));
}

/// Where SIGCHLD was ignored by whoever started us, the system would forget children by itself.
#[tokio::test]
async fn children_are_heard_of_whatever_was_inherited() {
    let exe = std::env::current_exe().unwrap();
    let script =
        format!("trap '' CHLD; exec '{}' --exact sys::process::tests::endings", exe.display());
    let finished = run_with(&script, b"", LIMITS).await;
    assert_eq!(finished.end, End::Exited(Exit::Code(0)), "{}", finished.stdout.text());
    assert!(finished.stdout.text().contains("1 passed"));
}

#[tokio::test]
async fn many_groups_end_each_with_its_own_code() {
    let mut tasks = tokio::task::JoinSet::new();
    for code in 0..40 {
        tasks.spawn(async move {
            let mut group = Group::spawn(&sh(&format!("exit {code}"))).unwrap();
            (group.wait().await.unwrap(), code)
        });
    }
    while let Some(ended) = tasks.join_next().await {
        let (exit, code) = ended.unwrap();
        assert_eq!(exit, Exit::Code(code));
    }
}

#[tokio::test]
async fn termination_asks_and_then_insists() {
    let rows = [
        ("exec sleep 600", Duration::from_secs(20), Exit::Signal(15)),
        (
            "trap 'exit 4' TERM; sh -c 'echo up; exec sleep 600'",
            Duration::from_secs(20),
            Exit::Code(4),
        ),
        (
            "trap '' TERM; echo up; while :; do sleep 600; done",
            Duration::from_millis(200),
            Exit::Signal(9),
        ),
    ];
    for (script, grace, expected) in rows {
        let mut group = Group::spawn(&sh(script)).unwrap();
        if script.contains("echo up") {
            assert_eq!(said(&mut lines_of(&mut group)).await, "up");
        }
        let started = Instant::now();
        assert_eq!(group.terminate(grace).await.unwrap(), expected, "{script}");
        assert!(started.elapsed() < Duration::from_secs(10), "{script}");
    }
}

/// Writes a program by another process. What this one holds open for writing, a child that another
/// test starts at that moment holds, too, and what is held so cannot be executed.
#[expect(clippy::disallowed_methods, reason = "what it starts has nothing to do with the test")]
fn write_as_another(path: &Path, text: &str) {
    let mut writing = std::process::Command::new("/bin/sh");
    writing.args(["-c", "printf %s \"$1\" > \"$0\""]).arg(path).arg(text);
    assert!(writing.status().unwrap().success());
}

#[tokio::test]
async fn a_program_that_cannot_start_says_why() {
    let folder = tempdir().unwrap();
    let put = |name: &str, text: &str| {
        write_as_another(&folder.path().join(name), text);
    };
    put("plain", "text");
    put("script", "#!/nowhere/interpreter\n");
    put("bare", "echo hi\n");
    for name in ["script", "bare"] {
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path().join(name), executable).unwrap();
    }
    let gone = folder.path().join("gone");
    let here = folder.path();
    let search = format!("{}:/bin:/usr/bin", here.display());
    let rows: &[(&str, &Path, NotStarted, &str)] = &[
        ("bare", here, NotStarted::NoFormat, "#!/bin/sh"),
        ("plain", here, NotStarted::NotExecutable, "not executable"),
        ("no-such-program", here, NotStarted::Missing, "no such program"),
        ("./no-such-program", here, NotStarted::Missing, "no such program"),
        ("./plain", here, NotStarted::NotExecutable, "not executable"),
        ("/", here, NotStarted::NotExecutable, "not executable"),
        ("./script", here, NotStarted::NoInterpreter, "does not exist"),
        ("./bare", here, NotStarted::NoFormat, "#!/bin/sh"),
        ("sh", &gone, NotStarted::NoFolder(gone.clone()), "gone`"),
        ("nul\0", here, NotStarted::Other, "nul byte"),
    ];
    for (path, cwd, why, part) in rows {
        let env = vec![("PATH".into(), search.clone().into())];
        let program = Program { path: path.into(), cwd: cwd.to_path_buf(), env, ..sh("") };
        let error = Group::spawn(&program).unwrap_err();
        assert_eq!(&error.why, why, "{path:?}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_name_is_searched_as_a_shell_would() {
    let folder = tempdir().unwrap();
    let tools = [("first", 0o644), ("second", 0o755), ("third", 0o755)];
    for (name, mode) in tools {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        let tool = dir.join("tool");
        write_as_another(&tool, &format!("#!/bin/sh\necho {name}\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(tool, mode).unwrap();
    }
    let path = "/nowhere:first:second:third";
    let program = Program {
        path: "tool".into(),
        args: Vec::new(),
        cwd: folder.path().to_owned(),
        env: vec![("PATH".into(), path.into())],
    };
    let (_sender, stop) = watch::channel(Stop::Running);
    let finished = run(&program, Vec::new(), LIMITS, stop).await.unwrap();
    assert_eq!(finished.stdout.text(), "second\n");
}

#[test]
fn a_program_shows_no_values_of_its_environment() {
    let program = Program { env: vec![("KEY".into(), "secret".into())], ..sh("true") };
    let text = format!("{program:?}");
    assert!(text.contains("KEY") && !text.contains("secret"), "{text}");
}
