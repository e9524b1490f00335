//! `atlas completions`: what a shell needs to complete command lines of atlas.

pub(super) mod place;

use std::path::{Path, PathBuf};

use clap_complete::Shell;

use super::{Exit, context::Context};
use crate::{
    model::{Fault, Result, Status},
    sys::fs::write_result,
};
use place::Place;

/// Print a completion script for a shell, or put it where the shell looks for it
///
///   atlas completions bash --install
///   atlas completions zsh --install=$HOME/.config/zsh
///   atlas completions fish > atlas.fish
///
/// Without a folder, bash and fish find the script by themselves in your own folder of their
/// completions; zsh has no such folder, so for it `~/.zfunc` is taken and you are told how zsh
/// comes to look there.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
    /// Write the script to a file in DIR, or where the shell looks; say which one
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    install: Option<Option<PathBuf>>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let Some(dir) = &args.install else {
        context.printer.result(&script(args.shell))?;
        return Ok(Status::Passed.into());
    };
    let file = match dir {
        Some(dir) => context.cwd.join(dir).join(place::file_name(args.shell)),
        None => own_file(args.shell, context)?,
    };
    install(args.shell, &file)?;
    let shown = file.display();
    context.printer.say(&format!("the completions of {} are in {shown}\n", args.shell));
    if args.shell == Shell::Zsh {
        let folder = file.parent().unwrap_or(&file).display();
        let line = format!("fpath=({folder} $fpath)");
        context
            .printer
            .say(&format!("zsh looks there after `{line}` in .zshrc, above `compinit`\n"));
    }
    Ok(Status::Passed.into())
}

/// Where the script goes that nobody named a folder for.
fn own_file(shell: Shell, context: &Context) -> Result<PathBuf> {
    match Place::of(shell, &context.env) {
        Some(place) => Ok(place.own),
        None => Err(Fault::usage(format!("{shell} has no place of its own for completions"))
            .hint("name a folder: `--install=DIR`")),
    }
}

/// Writes the script, which anybody may read.
pub(super) fn install(shell: Shell, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| write_result(file, script(shell).as_bytes()))
        .map_err(|error| {
            Fault::failed(format!("the completions cannot be written to {}", folder.display()))
                .because(error)
        })
}

/// The script itself.
pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "atlas", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
