use tokio::io::AsyncReadExt as _;

use super::*;

#[test]
fn urgency_only_grows() {
    use Caught::{Hangup, Interrupt, Quit, Terminate};
    let rows: &[(&[Caught], Stop)] = &[
        (&[], Stop::Running),
        (&[Interrupt], Stop::Polite),
        (&[Terminate], Stop::Polite),
        (&[Interrupt, Interrupt], Stop::Now),
        (&[Terminate, Interrupt], Stop::Now),
        (&[Interrupt, Quit], Stop::Now),
        (&[Terminate, Terminate, Hangup], Stop::Polite),
        (&[Quit, Hangup], Stop::Polite),
        (&[Interrupt, Interrupt, Terminate], Stop::Now),
    ];
    for (signals, expected) in rows {
        let stop = signals.iter().fold(Stop::Running, |stop, caught| caught.raise(stop));
        assert_eq!(stop, *expected, "{signals:?}");
    }
}

#[test]
fn exit_codes_are_those_of_a_shell() {
    for caught in Caught::ALL {
        assert_eq!(i32::from(caught.exit_code()), 128 + caught.kind().as_raw_value());
    }
}

/// Makes a test act: the test harness takes it for a name to skip. Signals reach all of a process,
/// so whoever sends any does it in one of its own.
#[cfg(target_os = "linux")]
const MARKER: &str = "this-process-is-for-one-test";

#[cfg(target_os = "linux")]
fn is_for_one_test() -> bool {
    std::env::args().any(|arg| arg == MARKER)
}

/// Runs a test in a process of its own, in which it acts; `before` is what a shell does first.
#[cfg(target_os = "linux")]
async fn act(test: &str, before: &str) {
    use crate::sys::process::{Exit, Group, tests::sh};
    let exe = std::env::current_exe().unwrap();
    let test = format!("sys::signals::tests::{test}");
    let script = format!("{before} exec '{}' --exact {test} --skip {MARKER}", exe.display());
    let mut group = Group::spawn(&sh(&script)).unwrap();
    let mut said = String::new();
    group.take_stdout().unwrap().read_to_string(&mut said).await.unwrap();
    assert_eq!(group.wait().await.unwrap(), Exit::Code(0));
    assert!(said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn signals_are_heard_and_the_first_is_remembered() {
    act("acts_by_signals", "").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn acts_by_signals() {
    if !is_for_one_test() {
        return;
    }
    let signals = listen().unwrap();
    let mut stop = signals.subscribe();
    assert_eq!((*stop.borrow(), signals.first()), (Stop::Running, None));
    let me = rustix::process::getpid();
    let nohup = is_ignored(SignalKind::hangup());
    for (signal, expected) in [
        (rustix::process::Signal::TERM, Stop::Polite),
        (rustix::process::Signal::HUP, Stop::Polite),
        (rustix::process::Signal::INT, Stop::Now),
    ] {
        if nohup && signal == rustix::process::Signal::HUP {
            continue;
        }
        rustix::process::kill_process(me, signal).unwrap();
        stop.changed().await.unwrap();
        assert_eq!(*stop.borrow_and_update(), expected, "{signal:?}");
    }
    assert_eq!(signals.first(), Some(Caught::Terminate));
    let late = listen().unwrap();
    assert_eq!((*late.subscribe().borrow(), late.first()), (Stop::Running, None));
    late.take_over(&signals.heard());
    assert_eq!((*late.subscribe().borrow(), late.first()), (Stop::Now, signals.first()));
    drop(signals);
    assert!(stop.changed().await.is_err(), "after the drop nobody speaks");
}

#[tokio::test]
async fn atlas_may_ask_for_more_but_not_for_less() {
    let signals = listen().unwrap();
    let stop = signals.subscribe();
    for (asked, expected) in [
        (Stop::Running, Stop::Running),
        (Stop::Polite, Stop::Polite),
        (Stop::Now, Stop::Now),
        (Stop::Polite, Stop::Now),
    ] {
        signals.request(asked);
        assert_eq!(*stop.borrow(), expected);
    }
    assert_eq!(signals.first(), None);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hangup_that_was_ignored_stays_ignored() {
    act("acts_under_nohup", "trap '' HUP;").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn acts_under_nohup() {
    if !is_for_one_test() {
        return;
    }
    let signals = listen().unwrap();
    let mut stop = signals.subscribe();
    let me = rustix::process::getpid();
    for signal in [rustix::process::Signal::HUP, rustix::process::Signal::TERM] {
        rustix::process::kill_process(me, signal).unwrap();
    }
    asked(&mut stop, Stop::Polite).await;
    assert_eq!(signals.first(), Some(Caught::Terminate));
}
