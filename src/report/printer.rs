//! The two streams: stdout is the result, stderr is the talk. Nothing else in atlas prints, so
//! what looks like a secret is taken out here, whatever it came by.

use std::{
    io::{self, ErrorKind, IsTerminal as _, Write},
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressDrawTarget};

use super::{
    fault::{self, Style},
    host::Host,
    look::{Look, Mark, Symbols, Tone},
    screen::Screen,
};
use crate::{
    model::{Fault, Result, secret, text},
    sys::terminal,
};

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what went wrong.
    Quiet,
    /// What a person wants to follow.
    #[default]
    Normal,
    /// Everything.
    Verbose,
}

/// What was asked of the streams.
#[derive(Clone, Debug)]
pub struct PrinterOptions {
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
    /// `--color`; `Auto` leaves it to `NO_COLOR`, `CLICOLOR`, `TERM` and the stream.
    pub color: ColorChoice,
    /// `--plain`: words for symbols, and nothing that moves.
    pub symbols: Symbols,
    /// The variable `TERM`; a dumb terminal gets words, and nothing that moves.
    pub term: Option<String>,
    /// Who reads the talk.
    pub host: Host,
}

/// Where everything that a person sees goes through.
pub struct Printer {
    out: Stream,
    err: Stream,
    verbosity: Verbosity,
    live: Option<MultiProgress>,
    /// Whom it speaks for, where others speak on the same streams.
    speaker: Option<String>,
    host: Host,
}

/// One stream, and what its other side can show.
pub struct Stream {
    /// Where the bytes go.
    pub writer: Mutex<Box<dyn Write + Send>>,
    /// How text is drawn for it.
    pub look: Look,
    /// What is on the other side.
    pub kind: StreamKind,
}

/// What is on the other side of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// A person, whom escape sequences could fool.
    Terminal,
    /// A file or a program, which gets every byte as it is.
    Pipe,
}

impl Printer {
    /// The streams of this process.
    pub fn of_process(options: &PrinterOptions) -> Self {
        let dumb = options.term.as_deref() == Some("dumb");
        let symbols = if dumb { Symbols::Words } else { options.symbols };
        let (out, err) = (io::stdout(), io::stderr());
        let look = |choice, width| Look { style: style(choice), symbols, width };
        let choice = |automatic| match options.color {
            ColorChoice::Auto => automatic,
            chosen @ (ColorChoice::Always | ColorChoice::AlwaysAnsi | ColorChoice::Never) => chosen,
        };
        let moves = err.is_terminal()
            && symbols == Symbols::Unicode
            && options.verbosity > Verbosity::Quiet;
        let out = Stream {
            look: look(choice(AutoStream::choice(&out)), columns(&out)),
            kind: StreamKind::of(out.is_terminal()),
            writer: Mutex::new(Box::new(out)),
        };
        let err = Stream {
            look: look(choice(AutoStream::choice(&err)), columns(&err)),
            kind: StreamKind::of(err.is_terminal()),
            writer: Mutex::new(Box::new(err)),
        };
        let printer = Self::new(out, err, options.verbosity, moves.then(Screen::of_stderr));
        Self { host: options.host, ..printer }
    }

    /// These streams, and where a live view is drawn, if there is one.
    pub fn new(out: Stream, err: Stream, verbosity: Verbosity, live: Option<Screen>) -> Self {
        let live = live.map(|screen| {
            MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(screen)))
        });
        Self { out, err, verbosity, live, speaker: None, host: Host::default() }
    }

    /// The same streams for one of several that speak at once: each line names who it is, and
    /// nothing moves.
    #[must_use]
    pub fn speaking_for(self, name: &str) -> Self {
        let name = text::sanitize_line(name);
        let speaker = self.err.look.paint(&format!("{name}: "), Tone::Faint).into_owned();
        Self { live: None, speaker: Some(speaker), ..self }
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How talk is drawn.
    pub fn look(&self) -> Look {
        self.err.look
    }

    /// How a result is drawn.
    pub fn result_look(&self) -> Look {
        self.out.look
    }

    /// What reads the result.
    pub fn result_kind(&self) -> StreamKind {
        self.out.kind
    }

    /// Where running things are shown, on a terminal.
    pub fn live(&self) -> Option<&MultiProgress> {
        self.live.as_ref()
    }

    /// Writes a result to stdout, once nothing runs any more. A reader that went away has what it
    /// wanted: that is no failure. A full disk is.
    pub fn result(&self, text: &str) -> Result<()> {
        self.write_result(secret::redact(text).as_bytes())
    }

    /// Writes a part of a result to stdout while something still runs.
    pub fn result_beside(&self, text: &str) -> Result<()> {
        match &self.live {
            Some(live) => live.suspend(|| self.result(text)),
            None => self.result(text),
        }
    }

    /// The same as [`Printer::result`], for what a program takes byte by byte, such as a patch: it has to be whole. On a
    /// terminal it is for eyes, like everything there.
    pub fn result_bytes(&self, bytes: &[u8]) -> Result<()> {
        match self.out.kind {
            StreamKind::Terminal => self.result(&String::from_utf8_lossy(bytes)),
            StreamKind::Pipe => self.write_result(bytes),
        }
    }

    fn write_result(&self, bytes: &[u8]) -> Result<()> {
        match self.out.write(bytes) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Fault::failed("the result cannot be written to stdout").because(error))
            }
            Err(_) | Ok(()) => Ok(()),
        }
    }

    /// Says something that a person wants to follow: whole lines, safe to show.
    pub fn say(&self, lines: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.talk(lines);
        }
    }

    /// Says something only to those who want everything.
    pub fn detail(&self, lines: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.talk(lines);
        }
    }

    /// Says what somebody has to answer, whatever was asked.
    pub fn ask(&self, question: &str) {
        self.talk(question);
    }

    /// A warning of atlas's own: one line, safe to show.
    pub fn warn(&self, message: &str) {
        self.say(&self.look().line(Mark::Warning, message));
    }

    /// Says what went wrong, whatever was asked.
    pub fn fault(&self, fault: &Fault) {
        self.talk(&fault::render(fault, self.look().style));
    }

    /// There is nobody to tell that stderr is broken, and no reason to stop the work.
    fn talk(&self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        let lines = match &self.speaker {
            Some(speaker) => named(lines, speaker),
            None => lines.to_owned(),
        };
        let lines = secret::redact(&lines);
        let lines = self.host.inert(&lines);
        let _unheard = match &self.live {
            Some(live) => live.suspend(|| self.err.write(lines.as_bytes())),
            None => self.err.write(lines.as_bytes()),
        };
    }
}

/// Each line after the name of who says it.
fn named(lines: &str, speaker: &str) -> String {
    lines.split_inclusive('\n').flat_map(|line| [speaker, line]).collect()
}

impl Stream {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes)?;
        writer.flush()
    }
}

impl StreamKind {
    fn of(is_terminal: bool) -> Self {
        if is_terminal { Self::Terminal } else { Self::Pipe }
    }
}

fn columns(of: &impl AsFd) -> Option<u16> {
    terminal::size(of).map(|size| size.columns)
}

fn style(choice: ColorChoice) -> Style {
    match choice {
        ColorChoice::Never => Style::Plain,
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => Style::Colored,
    }
}
