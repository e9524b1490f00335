//! The gate's hooks in Claude Code's settings: shown, asked for, and put in or taken out.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{super::trust::consent, Args};
use crate::{
    cli::{Exit, context::Context, environment::HOME, global::Format},
    model::{Fault, Result, Status, gate::settings, text},
    report::Mark,
    sys::{
        executable,
        fs::{read_capped, write_result},
        git::unified,
    },
};

/// Where Claude Code keeps settings, from a repository's root and from a home.
const FILE: &str = ".claude/settings.json";

/// No settings that a person writes are larger.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What shall become of the hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// They are there, and run this.
    Install(Option<PathBuf>),
    /// They are gone.
    Remove,
}

pub(super) fn wish(args: &Args) -> Option<Wish> {
    match (args.install, args.remove) {
        (true, _) => Some(Wish::Install(args.contract.clone())),
        (false, true) => Some(Wish::Remove),
        (false, false) => None,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    file: &'a Path,
    /// As hunks of a unified diff; null where nothing is to be changed.
    diff: Option<&'a str>,
}

/// # Errors
/// An agent would take the gate down that it is held by.
pub(super) fn run(wish: &Wish, args: &Args, context: &Context) -> Result<Exit> {
    if let (Wish::Remove, Some(name)) = (wish, consent::agent_above(context)) {
        return Err(Fault::invalid("the gate is for a person to take down")
            .because(format!("{name} is set, so an agent is above this command"))
            .hint("run it in a terminal of your own"));
    }
    let file = file(args, context)?;
    let before = read(&file)?;
    let after = match wish {
        Wish::Install(contract) => {
            let command = command(contract.as_deref(), args, context)?;
            settings::install(before.as_deref(), &command)
        }
        Wish::Remove => before.as_deref().map_or(Ok(String::new()), settings::remove),
    };
    let after = after.map_err(|fault| fault.hint(format!("mend {}", file.display())))?;
    let before = before.unwrap_or_default();
    let diff = unified(before.as_bytes(), after.as_bytes())
        .map_err(|error| Fault::failed("cannot show the change").because(error))?;
    let diff = diff.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let Some(diff) = diff else {
        context.give(|| Document { file: &file, diff: None }, |_| String::new())?;
        context.printer.say(&format!("{} is as it should be\n", file.display()));
        return Ok(Status::Passed.into());
    };
    consent(&file, &diff, args, context)?;
    write(&file, &after)?;
    context.printer.say(&format!("{} is changed\n", file.display()));
    if matches!(wish, Wish::Install(_)) {
        advise(args, context);
    }
    Ok(Status::Passed.into())
}

/// What else has to be so before anything is checked.
fn advise(args: &Args, context: &Context) {
    let look = context.printer.look();
    let hint = |text: &str| context.printer.say(&look.line(Mark::Hint, text));
    if !args.user {
        hint("`atlas trust` trusts the settings and the contract as they are now");
    }
    if !args.user && on_path(context).is_none() {
        hint("atlas is not in your PATH, where Claude Code will look for it");
    }
}

fn consent(file: &Path, diff: &str, args: &Args, context: &Context) -> Result<()> {
    let shown = format!("{}\n{}", file.display(), text::sanitize(diff));
    let refused = |why: &str| {
        Fault::invalid(format!("{} is not changed", file.display())).because(why.to_owned())
    };
    if args.yes {
        return context.give(|| Document { file, diff: Some(diff) }, |_| shown);
    }
    if !consent::somebody_answers(context) {
        if context.format == Format::Text {
            context.printer.result(&shown)?;
        }
        return Err(refused("there is nobody to ask").hint("add `--yes` once you have looked"));
    }
    context.printer.ask(&shown);
    context.printer.ask("change it? [y/N] ");
    match consent::typed() {
        Ok(typed) if matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes") => Ok(()),
        Ok(_) => Err(refused("nobody said yes")),
        Err(error) => Err(refused("nobody said yes").because(error)),
    }
}

fn file(args: &Args, context: &Context) -> Result<PathBuf> {
    if !args.user {
        return Ok(context.project().root.join(FILE));
    }
    let home = context.env.get_os(HOME).filter(|home| !home.is_empty());
    let home = home.ok_or_else(|| Fault::invalid("there is no home folder").hint("set HOME"))?;
    Ok(Path::new(home).join(FILE))
}

fn read(file: &Path) -> Result<Option<String>> {
    let cannot =
        |why: String| Fault::invalid(format!("cannot read {}", file.display())).because(why);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = read_capped(file, MAX_BYTES).map_err(|error| cannot(error.to_string()))?;
    String::from_utf8(bytes).map(Some).map_err(|_| cannot("it is not UTF-8 text".to_owned()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    let written =
        std::fs::create_dir_all(folder).and_then(|()| write_result(file, text.as_bytes()));
    written.map_err(|error| Fault::failed("cannot change the settings").because(error))
}

/// What Claude Code is to run. Settings of a repository are shared, so they name no place of this
/// machine; the user's own name this atlas, unless it is the one in the PATH.
fn command(contract: Option<&Path>, args: &Args, context: &Context) -> Result<String> {
    let own = std::env::current_exe()
        .and_then(|exe| exe.canonicalize())
        .map_err(|error| Fault::failed("cannot find the program of atlas itself").because(error))?;
    let in_path = on_path(context).and_then(|found| found.canonicalize().ok());
    let program = if !args.user || in_path.as_ref() == Some(&own) {
        "atlas".to_owned()
    } else {
        quoted(&own.to_string_lossy())
    };
    Ok(match contract {
        None => format!("{program} gate"),
        Some(contract) => {
            format!("{program} gate --contract {}", quoted(&contract.to_string_lossy()))
        }
    })
}

fn on_path(context: &Context) -> Option<PathBuf> {
    let path = context.env.get_os("PATH").unwrap_or(OsStr::new(""));
    executable::find("atlas", path, Path::new("/"))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
