//! `atlas man`: the manual pages, written from the same tree as the help.

use std::path::{Path, PathBuf};

use clap_mangen::Man;

use super::{Exit, context::Context};
use crate::{
    model::{Fault, Result, Status},
    sys::fs::write_atomic,
};

/// Anybody may read a manual.
const MODE: u32 = 0o644;

/// Print the manual page, or write one page for each command into a folder
///
///   atlas man | man -l -
///   atlas man ~/.local/share/man/man1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The folder to write `atlas.1`, `atlas-run.1` and so on into; made if it is missing
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let command = super::command();
    match &args.dir {
        None => context.printer.result(&String::from_utf8_lossy(&page(&command)?))?,
        Some(dir) => {
            let dir = context.cwd.join(dir);
            let mut pages = Vec::new();
            collect(&command, &mut pages)?;
            for (name, page) in &pages {
                write(&dir, name, page)?;
            }
            let count = pages.len();
            context.printer.say(&format!("{count} pages written to {}\n", dir.display()));
        }
    }
    Ok(Status::Passed.into())
}

/// The page of a command and of all below it, each with its file name.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    pages.push((Man::new(command.clone()).get_filename(), page(command)?));
    command.get_subcommands().try_for_each(|below| collect(below, pages))
}

fn page(command: &clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    // The page of `atlas session list` is `atlas-session-list`, not that of any `list`.
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let rendered = Man::new(command.clone()).title(name).render(&mut page);
    rendered.map_err(|error| Fault::failed("the manual page cannot be made").because(error))?;
    Ok(page)
}

fn write(dir: &Path, name: &str, page: &[u8]) -> Result<()> {
    let written =
        std::fs::create_dir_all(dir).and_then(|()| write_atomic(&dir.join(name), page, MODE));
    written.map_err(|error| {
        Fault::failed(format!("the manual cannot be written to {}", dir.display())).because(error)
    })
}
