//! The live view, on a terminal made of memory.

use super::{screen::Screen, *};
use crate::{
    model::{Activity, result::tests::story, run::Event, value::Tokens},
    sys::terminal::Size,
};

/// A run that is interrupted while its first step does something, watched: what stays on the
/// screen, and every picture that was ever drawn.
fn watch(writer: impl Write + Send + 'static, size: fn() -> Size) -> String {
    let err = Paper::default();
    let look = Look { width: Some(size().columns), ..Look::PLAIN };
    let printer = Printer::new(
        stream(Paper::default(), look, StreamKind::Terminal),
        stream(err.clone(), look, StreamKind::Terminal),
        Verbosity::Normal,
        Some(Screen::new(Box::new(writer), size)),
    );
    let story = story::interrupted();
    let mut reporter = Reporter::new(&printer);
    let mut state = State::default();
    for event in &story.events {
        state.apply(event);
        reporter.event(&story.plan, &state, event);
        if matches!(event, Event::CallStarted(_)) {
            for step in ["gather", "a step that does not run"] {
                reporter.activity(&Activity {
                    step: step.into(),
                    doing: "Bash cargo test\u{1b}[2J\r\u{202e} --all and more than fits".into(),
                    tokens: Tokens(3100),
                    usd_estimate: Some(Usd::from_micros(12_000)),
                });
            }
        }
        // The refresh rate is limited, but a line that stays is always followed by a new picture.
        printer.say("·\n");
    }
    reporter.ends(&story.plan, &state, &story.result(), &Place::default());
    err.text()
}

const WIDE: fn() -> Size = || Size { rows: 24, columns: 80 };
const NARROW: fn() -> Size = || Size { rows: 5, columns: 20 };

#[test]
fn what_runs_is_shown_and_what_ended_stays() {
    let drawn = Paper::default();
    let stays = watch(drawn.clone(), WIDE);
    let drawn = drawn.text();
    let doing = "3.1k tokens · ≈ $0.01 · Bash cargo test␛[2J␍\u{fffd} --all and more";
    assert!(drawn.contains(doing), "{drawn:?}");
    assert!(drawn.contains("hook clean 0s"), "{drawn:?}");
    assert!(drawn.contains("is being ended"), "{drawn:?}");
    assert!(!drawn.contains("does not run"), "{drawn:?}");
    assert!(!drawn.contains(['\u{202e}', '\n']) && !drawn.contains("[2J "), "{drawn:?}");
    assert!(drawn.ends_with("\r\u{1b}[2K"), "nothing is left on the screen: {drawn:?}");
    let stays: Vec<&str> = stays.lines().filter(|line| *line != "·").collect();
    let first =
        ["✓ hook clean · 1.4 s", "! signal 15: ending what runs", "! gather interrupted · 12 s"];
    assert_eq!(stays[..3], first, "beginnings are told by the live view alone");
    assert!(stays[3].starts_with("interrupted · 2 of 2 checks"), "{stays:?}");
}

#[test]
fn a_narrow_terminal_cuts_what_the_agent_does() {
    let drawn = Paper::default();
    watch(drawn.clone(), NARROW);
    let drawn = drawn.text();
    let rows: Vec<&str> =
        drawn.split(['\r', '\u{1b}']).filter(|row| row.contains("gather")).collect();
    assert!(rows.iter().any(|row| row.contains("3.1k tok")), "{drawn:?}");
    assert!(rows.iter().all(|row| wrap::columns(row.trim_start_matches("[2K")) <= 20), "{rows:?}");
}

#[test]
fn a_terminal_that_is_gone_ends_nothing() {
    let stays = watch(streams::Broken(io::ErrorKind::BrokenPipe), WIDE);
    assert!(stays.contains("\ninterrupted · 2 of 2 checks"), "{stays}");
}
