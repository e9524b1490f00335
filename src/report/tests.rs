//! Whole runs as they are shown.

mod accepted;
mod forms;
mod hostile;
mod live;
mod refused;
mod stopped;
mod streams;

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use super::{fault::Style, printer::Stream, *};
use crate::model::{result::tests::story::Story, run::State, text, value::Usd};

/// Where a test reads what was written.
#[derive(Clone, Debug, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn stream(writer: impl Write + Send + 'static, look: Look, kind: StreamKind) -> Stream {
    Stream { writer: Mutex::new(Box::new(writer)), look, kind }
}

/// How somebody looks at a run.
#[derive(Clone, Copy)]
struct View {
    look: Look,
    verbosity: Verbosity,
    format: Format,
    kind: StreamKind,
}

/// A log: no colors, no width, nothing that moves.
const LOG: View = View {
    look: Look::PLAIN,
    verbosity: Verbosity::Normal,
    format: Format::Text,
    kind: StreamKind::Pipe,
};

impl View {
    fn wide(self, width: u16) -> Self {
        Self { look: Look { width: Some(width), ..self.look }, kind: StreamKind::Terminal, ..self }
    }

    fn colored(self) -> Self {
        Self { look: Look { style: Style::Colored, ..self.look }, ..self }
    }

    fn in_words(self) -> Self {
        Self { look: Look { symbols: Symbols::Words, ..self.look }, ..self }
    }
}

/// Everything that both streams get of a run.
fn transcript(story: &Story, view: View) -> String {
    let (out, err) = (Paper::default(), Paper::default());
    let printer = Printer::new(
        stream(out.clone(), view.look, view.kind),
        stream(err.clone(), view.look, view.kind),
        view.verbosity,
        None,
    );
    follow(story, &printer);
    let result = story.result();
    if let Some(answer) = answer(&result, view.format, printer.result_kind()) {
        printer.result(&answer).unwrap();
    }
    format!("{}-- stdout --\n{}", err.text(), out.text())
}

fn follow(story: &Story, printer: &Printer) {
    let mut reporter = Reporter::new(printer);
    let history = History { usual: Usd::from_micros(50_000), runs: 12 };
    let notices =
        ["the repository is not trusted: nothing of its configuration applies".to_owned()];
    reporter.begins(&story.plan, Some(history), &notices);
    let mut state = State::default();
    for event in &story.events {
        state.apply(event);
        reporter.event(&story.plan, &state, event);
    }
    let result = story.result();
    let file = Path::new(".claude/sessions/20261120-101500-abcd/runs/1/steps/judge/2/output.json");
    let output = result.output.as_ref().map(|_| file);
    reporter.ends(&story.plan, &state, &result, &Place { output, ..Place::default() });
}
