//! `atlas completions`: what a shell needs to complete command lines of atlas.

use super::{Exit, context::Context};
use crate::model::{Result, Status};

/// Print a completion script for a shell
///
/// Put it where your shell looks for such scripts:
///
///   bash: atlas completions bash > ~/.local/share/bash-completion/completions/atlas
///   zsh:  atlas completions zsh > ~/.zfunc/_atlas
///   fish: atlas completions fish > ~/.config/fish/completions/atlas.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "atlas", &mut script);
    context.printer.result(&String::from_utf8_lossy(&script))?;
    Ok(Status::Passed.into())
}
