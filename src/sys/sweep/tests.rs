use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::*;
use crate::sys::process::{Exit, Group, tests::sh};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(200);

/// A cookie that no other test and no other run of the tests has.
pub(crate) fn unique(name: &str) -> String {
    format!("test-{}-{name}", std::process::id())
}

/// Starts `script` with `variables`; returns when it has said `count` pids, as handles.
pub(crate) async fn start(
    script: &str,
    variables: &[(&str, &str)],
    count: usize,
) -> (Group, Vec<(ProcessId, Handle)>) {
    let mut program = sh(script);
    program.env.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
    let mut group = Group::spawn(&program).unwrap();
    let mut lines = BufReader::new(group.take_stdout().unwrap()).lines();
    let mut held = Vec::new();
    for _ in 0..count {
        let pid = lines.next_line().await.unwrap().unwrap().parse().unwrap();
        held.push((ProcessId::of(pid), Handle::open(pid).unwrap()));
    }
    (group, held)
}

/// Whether the process is gone, or is within `patience`.
pub(crate) fn gone(held: &(ProcessId, Handle), patience: Duration) -> bool {
    Handle::wait_all(&[&held.1], Instant::now() + patience).unwrap()
}

#[test]
fn cookies_match_whole_segments() {
    let exact = |value: &str| Cookie::Exact(value.to_owned());
    let under = |value: &str| Cookie::Under(value.to_owned());
    let rows = [
        (exact("s/1"), "s/1", true),
        (exact("s/1"), "s/10", false),
        (exact("s/1"), "s/1/2", false),
        (exact("s/1"), "", false),
        (exact(""), "", false),
        (under("s"), "s", true),
        (under("s"), "s/1", true),
        (under("s"), "s/", true),
        (under("s"), "s1", false),
        (under("s/"), "s/1", true),
        (under("s/"), "s1", false),
        (under("s/1"), "s", false),
        (under(""), "", false),
        (under(""), "/x", false),
        (under("/"), "/x", false),
    ];
    for (cookie, value, expected) in rows {
        assert_eq!(cookie.matches(value.as_bytes()), expected, "{cookie:?} {value:?}");
    }
}

#[test]
fn a_process_has_itself_and_its_parent_above_it() {
    let kin = kin();
    assert_eq!(&kin[..2], [std::process::id(), std::os::unix::process::parent_id()]);
    assert!(kin.contains(&1));
}

#[tokio::test]
async fn what_left_its_group_is_found_and_a_stranger_lives() {
    let cookie = unique("escape");
    let script = "setsid sh -c 'echo $$; exec sleep 600' & wait";
    let (mut group, escaped) = start(script, &[(COOKIE, &cookie)], 1).await;
    let strangers = [
        (COOKIE, format!("{cookie}0")),
        (COOKIE, format!("x{cookie}")),
        ("XATLAS_UNIT", cookie.clone()),
        ("ATLAS_UNIT2", cookie.clone()),
        ("OTHER", format!("ATLAS_UNIT={cookie}")),
    ];
    let mut living = Vec::new();
    for (name, value) in &strangers {
        living.push(start("echo $$; exec sleep 600", &[(name, value)], 1).await);
    }

    let cookies = [Cookie::Exact(cookie)];
    group.kill_now();
    assert_eq!(group.wait().await.unwrap(), Exit::Signal(9));
    assert!(!gone(&escaped[0], Duration::ZERO), "it left the group");
    assert_eq!(find(&cookies), [escaped[0].0]);
    assert_eq!(sweep(&cookies, LONG), [escaped[0].0]);
    assert!(gone(&escaped[0], Duration::ZERO));
    assert_eq!(sweep(&cookies, LONG), []);
    for (_group, stranger) in &living {
        assert!(!gone(&stranger[0], Duration::ZERO), "{:?}", stranger[0].0);
    }
}

#[tokio::test]
async fn one_pass_serves_a_batch() {
    let above = unique("batch");
    let units = ["1", "2", "2/deep", "3"].map(|unit| format!("{above}/{unit}"));
    let mut started = Vec::new();
    for unit in &units {
        started.push(start("echo $$; exec sleep 600", &[(COOKIE, unit)], 1).await);
    }
    let batch = [Cookie::Exact(units[0].clone()), Cookie::Under(units[1].clone())];
    let mut found: Vec<_> = sweep(&batch, LONG).iter().map(|id| id.pid).collect();
    let mut expected: Vec<_> = started[..3].iter().map(|(group, _)| group.id().pid).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(!gone(&started[3].1[0], Duration::ZERO));
    assert_eq!(sweep(&[Cookie::Under(above)], Duration::ZERO).len(), 1);
    assert!(gone(&started[3].1[0], Duration::ZERO));
    assert_eq!(find(&[]), []);
}

#[tokio::test]
async fn whoever_will_not_hear_is_killed_after_the_grace() {
    for (name, script) in [
        ("deaf", "trap '' TERM; echo $$; while :; do sleep 600; done"),
        (
            "breeding",
            "trap 'for n in 1 2 3 4 5; do sleep 600 & done' TERM; echo $$; while :; do sleep 1; done",
        ),
    ] {
        let cookie = unique(name);
        let (_group, held) = start(script, &[(COOKIE, &cookie)], 1).await;
        let started = Instant::now();
        let cookies = [Cookie::Exact(cookie)];
        assert!(sweep(&cookies, SHORT).contains(&held[0].0), "{name}");
        assert!(started.elapsed() >= SHORT && started.elapsed() < LONG, "{name}");
        assert!(gone(&held[0], Duration::ZERO), "{name}");
        assert_eq!(find(&cookies), [], "{name}");
    }
}

#[tokio::test]
async fn a_stopped_one_hears_at_once() {
    let cookie = unique("stopped");
    let (mut group, held) =
        start("echo $$; kill -STOP $$; sleep 600", &[(COOKIE, &cookie)], 1).await;
    let started = Instant::now();
    assert_eq!(sweep(&[Cookie::Exact(cookie)], LONG), [held[0].0]);
    assert!(started.elapsed() < LONG / 2);
    assert_eq!(group.wait().await.unwrap(), Exit::Signal(15));
}

#[tokio::test]
async fn a_pid_that_means_another_process_now_is_left_alone() {
    let cookie = unique("reuse");
    let (_group, held) = start("echo $$; exec sleep 600", &[(COOKIE, &cookie)], 1).await;
    let cookies = [Cookie::Exact(cookie)];
    let right = held[0].0;
    let start = right.start.unwrap();
    let other = [Cookie::Exact(unique("other"))];
    let me = ProcessId::of(std::process::id());
    for (id, cookies) in [
        (ProcessId { start: Some(start - 1), ..right }, &cookies),
        (ProcessId { start: Some(start + 1), ..right }, &cookies),
        (ProcessId { start: None, ..right }, &cookies),
        (ProcessId { pid: u32::MAX, ..right }, &cookies),
        (right, &other),
        (me, &cookies),
    ] {
        assert!(!end(&id, cookies, Signal::KILL), "{id:?} {cookies:?}");
    }
    assert!(!gone(&held[0], Duration::ZERO));
    assert!(end(&right, &cookies, Signal::KILL));
    assert!(gone(&held[0], LONG));
    assert!(!end(&right, &cookies, Signal::KILL), "a dead one carries nothing");
}
