//! The live view, on a terminal made of memory.

use indicatif::{ProgressDrawTarget, TermLike};

use super::*;
use crate::model::{Activity, result::tests::story, run::Event, value::Tokens};

/// A terminal that only remembers what was written.
#[derive(Clone, Debug)]
struct Glass {
    paper: Paper,
    width: u16,
}

impl Glass {
    fn put(&self, text: &str) -> io::Result<()> {
        self.paper.clone().write_all(text.as_bytes())
    }
}

impl TermLike for Glass {
    fn width(&self) -> u16 {
        self.width
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, line: &str) -> io::Result<()> {
        self.put(&format!("{line}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.put("\n")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// What stays on the screen, and everything that was ever drawn.
fn watched(width: u16) -> (String, String) {
    let (paper, glass) = (Paper::default(), Glass { paper: Paper::default(), width });
    let look = Look { width: Some(width), ..Look::PLAIN };
    let printer = Printer::new(
        stream(Paper::default(), look, StreamKind::Terminal),
        stream(paper.clone(), look, StreamKind::Terminal),
        Verbosity::Normal,
        Some(ProgressDrawTarget::term_like_with_hz(Box::new(glass.clone()), 255)),
    );
    let mut story = story::interrupted();
    story.events.truncate(
        1 + story.events.iter().position(|event| matches!(event, Event::CallStarted(_))).unwrap(),
    );
    let mut reporter = Reporter::new(&printer);
    let mut state = State::default();
    for event in &story.events {
        state.apply(event);
        reporter.event(&story.plan, &state, event);
    }
    reporter.activity(&Activity {
        step: "gather".into(),
        doing: "Bash cargo test\u{1b}[2J\r\u{202e} --all and a good many more words than fit"
            .into(),
        tokens: Tokens(3100),
        usd_estimate: Some(Usd::from_micros(12_000)),
    });
    reporter.activity(&Activity {
        step: "a step that does not run".into(),
        doing: String::new(),
        tokens: Tokens(0),
        usd_estimate: None,
    });
    printer.live().unwrap().suspend(|| ());
    reporter.ends(&story.plan, &state, &story.result(), &Place::default());
    (paper.text(), glass.paper.text())
}

#[test]
fn what_runs_is_shown_and_then_gone() {
    let (stays, drawn) = watched(80);
    assert!(drawn.contains("hook clean"), "{drawn:?}");
    assert!(
        drawn.contains("3.1k tokens · ≈ $0.01 · Bash cargo test␛[2J␍\u{fffd} --all"),
        "{drawn:?}"
    );
    assert!(!drawn.contains(['\u{1b}', '\r', '\u{202e}']), "{drawn:?}");
    assert!(!stays.contains("asking"), "the live view tells of beginnings: {stays}");
    assert!(stays.starts_with("✓ hook clean"), "{stays}");
    assert!(stays.contains("\ninterrupted · "), "{stays}");
}

#[test]
fn a_narrow_terminal_cuts_what_the_agent_does() {
    let (_, drawn) = watched(20);
    assert!(drawn.contains("gather"), "{drawn:?}");
    for line in drawn.lines() {
        assert!(wrap::columns(line) <= 20, "{line:?}");
    }
}
