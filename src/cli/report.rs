//! `atlas report`: a session as one page that can be sent to somebody.

mod gather;

use std::path::PathBuf;

use super::{
    Exit,
    context::Context,
    global::{Asked, Format},
    run::{follow::write, outlets::expect_place},
    session::{find, sessions, show::show},
};
use crate::{
    model::{Fault, Result, Status},
    report::{Mark, StreamKind, page},
};

/// Make a page about a session: what was asked, how it ended and why, what it cost and changed
///
/// The page is one HTML file that needs nothing else, with a timeline, every check, the findings
/// beside the lines they speak of, the change and the conversations. It can be sent to somebody:
/// what looks like a secret is taken out, and it runs and fetches nothing of what models said.
///
///   atlas report -o report.html
///   atlas report abcd --format markdown
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The session; the newest where none is named
    session: Option<String>,
    /// The newest session
    #[arg(long, conflicts_with = "session")]
    last: bool,
    /// Write to FILE in place of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    if let Some(file) = &args.output {
        expect_place(&context.cwd.join(file))?;
    }
    let sessions = sessions(context)?;
    let session = match &args.session {
        Some(query) => find(query, &sessions, context)?,
        None => sessions.last()?,
    };
    if context.format == Format::Json {
        if args.output.is_some() {
            return Err(Fault::usage("`-o` takes a page, and `--format json` gives none")
                .hint("drop one of the two"));
        }
        show(&session, context)?;
        return Ok(Status::Passed.into());
    }
    let markdown = context.asked == Asked::Markdown;
    let to_terminal =
        args.output.is_none() && context.printer.result_kind() == StreamKind::Terminal;
    if to_terminal && !markdown {
        return Err(Fault::usage("a page is for a browser, and this is a terminal")
            .hint("name a file: `atlas report -o report.html`")
            .hint("or read it here: `atlas report --format markdown`"));
    }
    let story = gather::story(&session, context)?;
    let page = if markdown { page::run_markdown(&story) } else { page::run(&story) };
    match &args.output {
        Some(file) => {
            let written = write(&context.cwd.join(file), &page)?;
            let line = context.printer.look().line(Mark::Note, &written.display().to_string());
            context.printer.say(&line);
        }
        // It is inert already, and a policy that names hashes has to stay as it is.
        None => context.printer.result_bytes(page.as_bytes())?,
    }
    Ok(Status::Passed.into())
}
