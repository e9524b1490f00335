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

// Signals reach the whole test process, so one test sends them all, in order.
#[tokio::test]
async fn signals_are_heard_and_the_first_is_remembered() {
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

/// Makes [`acts_under_nohup`] look: the test harness takes it for a name to skip.
#[cfg(target_os = "linux")]
const MARKER: &str = "this-process-is-under-nohup";

#[cfg(target_os = "linux")]
#[tokio::test]
async fn acts_under_nohup() {
    if std::env::args().any(|arg| arg == MARKER) {
        let signals = listen().unwrap();
        let mut stop = signals.subscribe();
        let me = rustix::process::getpid();
        for signal in [rustix::process::Signal::HUP, rustix::process::Signal::TERM] {
            rustix::process::kill_process(me, signal).unwrap();
        }
        asked(&mut stop, Stop::Polite).await;
        assert_eq!(signals.first(), Some(Caught::Terminate));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hangup_that_was_ignored_stays_ignored() {
    use crate::sys::process::{Exit, Group, tests::sh};
    let exe = std::env::current_exe().unwrap();
    let test = "sys::signals::tests::acts_under_nohup";
    let script = format!("trap '' HUP; exec '{}' --exact {test} --skip {MARKER}", exe.display());
    let mut group = Group::spawn(&sh(&script)).unwrap();
    assert_eq!(group.wait().await.unwrap(), Exit::Code(0));
}
