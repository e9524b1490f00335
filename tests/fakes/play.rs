//! Plays the steps of one call.

use std::fs;
use std::io::{self, Read as _, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::linger;
use super::script::Step;
use super::stream::Call;

/// Plays these steps; the code is 0 unless a step says otherwise.
pub(crate) fn play(steps: &[Step], call: &Call, ignore_term: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for step in steps {
        match step {
            Step::Init => out.write_all(call.init().as_bytes())?,
            Step::Answer(text) => out.write_all(call.answer(text).as_bytes())?,
            Step::Result(text) => out.write_all(call.result(text).as_bytes())?,
            Step::Structured(output) => out.write_all(call.structured(output).as_bytes())?,
            Step::Success(text) => {
                let stream = [call.init(), call.answer(text), call.result(text)].concat();
                out.write_all(stream.as_bytes())?;
            }
            Step::Event(event) => out.write_all(call.line(event).as_bytes())?,
            Step::Raw(bytes) => out.write_all(bytes)?,
            Step::Stderr(text) => io::stderr().write_all(text.as_bytes())?,
            Step::Flood { line, bytes } => flood(&mut out, line, *bytes)?,
            Step::LongLine(bytes) => long_line(&mut out, *bytes)?,
            Step::Write { path, text } => write(Path::new(path), text)?,
            Step::Delete(path) => fs::remove_file(path)?,
            Step::Link { path, to } => {
                fs::remove_file(path)?;
                std::os::unix::fs::symlink(to, path)?;
            }
            Step::Linger { keep_stdout } => linger::leave(*keep_stdout, ignore_term)?,
            Step::Meet(address) => meet(address)?,
            Step::Sleep(ms) => sleep(*ms),
            Step::Hang => {
                out.flush()?;
                return hang();
            }
            Step::Exit(code) => {
                out.flush()?;
                return Ok(ExitCode::from(*code));
            }
            Step::Die(number) => {
                out.flush()?;
                let signal = Signal::from_named_raw(*number).ok_or(io::ErrorKind::InvalidInput)?;
                kill_process(getpid(), signal)?;
                return hang();
            }
        }
        // Each step is on its way before the next begins, as with the real one.
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Does nothing more until it is ended.
pub(crate) fn hang() -> io::Result<ExitCode> {
    loop {
        thread::park();
    }
}

/// Takes SIGTERM and does nothing about it; tokio's handler stays when the runtime is gone.
pub(crate) fn ignore_term() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _context = runtime.enter();
    signal(SignalKind::terminate()).map(drop)
}

fn flood(out: &mut impl Write, line: &str, bytes: u64) -> io::Result<()> {
    let line = format!("{line}\n");
    let chunk = line.repeat((64 << 10) / line.len() + 1);
    let mut left = bytes;
    while left > 0 {
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        out.write_all(&chunk.as_bytes()[..n])?;
        left -= n as u64;
    }
    Ok(())
}

fn long_line(out: &mut impl Write, bytes: u64) -> io::Result<()> {
    let (start, end) = (r#"{"type":"noise","pad":""#, r#""}"#);
    out.write_all(start.as_bytes())?;
    let pad = bytes.saturating_sub((start.len() + end.len()) as u64);
    io::copy(&mut io::repeat(b'x').take(pad), out)?;
    writeln!(out, "{end}")
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create(path)?.write_all(text.as_bytes())
}

fn meet(address: &str) -> io::Result<()> {
    let mut other = TcpStream::connect(address)?;
    other.read_to_end(&mut Vec::new()).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "benchmarks need a call that takes a known time")]
fn sleep(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}
