//! What can only be watched with pidfds and `/proc`.

use std::{os::fd::AsRawFd as _, pin::pin};

use tokio::time::sleep;

use super::*;
use crate::sys::{
    capture::Drain,
    signals::asked,
    sweep::{COOKIE, Cookie, sweep, tests::unique},
};

#[tokio::test]
async fn nothing_of_a_dropped_group_survives() {
    // The leader goes on, or is gone already: its group is still ours.
    for script in ["sleep 600 & echo $!; wait", "sleep 600 & echo $!"] {
        let mut group = Group::spawn(&sh(script)).unwrap();
        let pid = said(&mut lines_of(&mut group)).await.parse().unwrap();
        let handle = proc::Handle::open(pid).unwrap();
        if !script.contains("wait") {
            group.wait().await.unwrap();
        }
        drop(group);
        let deadline = Instant::now() + Duration::from_secs(20);
        assert!(proc::Handle::wait_all(&[&handle], deadline).unwrap(), "{script}");
    }
}

#[tokio::test]
async fn a_child_gets_three_descriptors() {
    let folder = tempdir().unwrap();
    let file = File::create(folder.path().join("ours")).unwrap();
    let mut other = Group::spawn(&sh("cat")).unwrap();
    let (stdin, stdout) = (other.take_stdin().unwrap(), other.take_stdout().unwrap());
    let target = |fd: i32| std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    let ours = [file.as_raw_fd(), stdin.as_raw_fd(), stdout.as_raw_fd()].map(target);
    let finished = run_with("exec readlink /proc/self/fd/*", b"", LIMITS).await;
    let text = finished.stdout.text();
    assert!(text.lines().count() >= 3, "{text}");
    for target in ours {
        assert!(!text.lines().any(|line| line == target.to_str().unwrap()), "{target:?} in {text}");
    }
}

/// The way of a call to claude: all that moves is in one loop, and nothing waits for the rest.
#[tokio::test]
async fn the_pieces_make_a_call() {
    let script = "head -c 1000000 /dev/zero | tr '\\0' e >&2; head -c 999999 | tr '\\0' x; echo; \
                  echo '{\"type\":\"result\"}'; setsid sleep 600 & exit 1";
    let (_sender, mut stop) = watch::channel(Stop::Running);
    let mut program = sh(script);
    let cookie = unique("call");
    program.env.push((COOKIE.into(), cookie.clone().into()));
    let mut group = Group::spawn(&program).unwrap();
    let mut feed = Feed::new(group.take_stdin(), vec![0; 1_000_000]);
    let mut lines = LineReader::new(group.take_stdout().unwrap());
    let mut stderr = Drain::new(group.take_stderr(), KEEP_BYTES);
    let (mut sizes, mut exit, mut open) = (Vec::new(), None, true);
    let mut leak = pin!(sleep(Duration::MAX));
    while exit.is_none() || open {
        tokio::select! {
            biased;
            () = asked(&mut stop, Stop::Polite) => group.ask_to_end(),
            line = lines.next_line(), if open => match line.unwrap() {
                Some(line) => sizes.push(line.bytes.len()),
                None => open = false,
            },
            () = feed.more(), if feed.is_open() => {}
            () = stderr.more(), if stderr.is_open() => {}
            ended = group.wait(), if exit.is_none() => {
                exit = Some(ended.unwrap());
                leak.as_mut().reset(tokio::time::Instant::now() + LIMITS.leak_grace);
            }
            () = &mut leak => break,
        }
    }
    assert_eq!((sizes, exit, open), (vec![999_999, 17], Some(Exit::Code(1)), true));
    assert_eq!(stderr.into_capture().total(), 1_000_000);
    assert_eq!(sweep(&[Cookie::Exact(cookie)], LIMITS.grace).len(), 1);
}
