//! `fake-claude`: stands in for `claude` where a test needs a fault that the real one cannot be made to show.
//!
//! It is told what to do by the file `<argv[0]>.script.json`, since atlas clears the environment, and
//! notes every start in `<argv[0]>.calls`. With no script, each call succeeds at once.

mod calls;
mod linger;
mod play;
mod script;
mod stream;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use script::{Script, Step};

/// The version whose place the fake takes.
const VERSION: &str = "2.1.328 (Claude Code)";

/// The flags of that version which an orchestrator may look for.
const HELP: &str = include_str!("help.txt");

fn main() -> io::Result<ExitCode> {
    let mut words = std::env::args_os();
    let path = PathBuf::from(words.next().expect("a program is told its own name"));
    let args: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    if args.first().is_some_and(|arg| arg == linger::COMMAND) {
        return linger::stay(&args[1..]);
    }
    let script = read_script(&path)?;
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["--version" | "-v"] => {
            calls::note(&path, &args, b"")?;
            say(script.version.as_deref().unwrap_or(VERSION))
        }
        ["--help" | "-h"] => {
            calls::note(&path, &args, b"")?;
            say(script.help.as_deref().unwrap_or(HELP))
        }
        ["auth", "status", ..] => {
            calls::note(&path, &args, b"")?;
            say(&stream::auth_status(!script.logged_out))?;
            Ok(ExitCode::from(u8::from(script.logged_out)))
        }
        _ => answer(&path, &args, &script),
    }
}

/// A call with `-p`: reads the prompt, then plays its turn.
fn answer(path: &Path, args: &[String], script: &Script) -> io::Result<ExitCode> {
    if script.ignore_term {
        play::ignore_term()?;
    }
    let mut prompt = Vec::new();
    if !script.ignore_stdin {
        io::stdin().lock().read_to_end(&mut prompt)?;
    }
    let turn = if script.unnoted { 0 } else { calls::note(path, args, &prompt)? };
    let canned = [Step::Success("ok".to_owned())];
    let steps = script.turns.get(turn).or(script.turns.last()).map_or(&canned[..], Vec::as_slice);
    play::play(steps, &stream::Call::new(args), script.ignore_term)
}

fn read_script(path: &Path) -> io::Result<Script> {
    let mut name = path.as_os_str().to_owned();
    name.push(".script.json");
    match fs::read(PathBuf::from(name)) {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Script::default()),
        Err(e) => Err(e),
    }
}

fn say(text: &str) -> io::Result<ExitCode> {
    writeln!(io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
