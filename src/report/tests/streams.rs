//! Streams that break, and what they do to a run: nothing.

use super::*;
use crate::model::Fault;

/// A stream whose other side is gone or full.
pub(super) struct Broken(pub(super) io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

fn printer(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Printer {
    let kind = StreamKind::Pipe;
    let (out, err) = (stream(out, Look::PLAIN, kind), stream(err, Look::PLAIN, kind));
    Printer::new(out, err, Verbosity::Normal, None)
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let printer = printer(Broken(io::ErrorKind::BrokenPipe), Paper::default());
    assert_eq!(printer.result("the answer\n"), Ok(()));
}

#[test]
fn a_full_disk_under_stdout_is_a_failure() {
    let printer = printer(Broken(io::ErrorKind::StorageFull), Paper::default());
    let fault = printer.result("the answer\n").unwrap_err();
    assert_eq!(fault.message, "the result cannot be written to stdout");
}

#[test]
fn a_broken_stderr_stops_nothing() {
    let paper = Paper::default();
    let printer = printer(paper.clone(), Broken(io::ErrorKind::BrokenPipe));
    follow(&crate::model::result::tests::story::rejected(), &printer);
    printer.fault(&Fault::failed("nobody hears this"));
    printer.result("the answer\n").unwrap();
    assert_eq!(paper.text(), "the answer\n");
}

#[test]
fn the_quiet_hear_of_faults_alone() {
    let paper = Paper::default();
    let err = stream(paper.clone(), Look::PLAIN, StreamKind::Pipe);
    let out = stream(Paper::default(), Look::PLAIN, StreamKind::Pipe);
    let printer = Printer::new(out, err, Verbosity::Quiet, None);
    printer.say("talk\n");
    printer.detail("detail\n");
    printer.warn("a warning");
    printer.fault(&Fault::failed("it broke").hint("mend it"));
    assert_eq!(paper.text(), "error: it broke\nhint: mend it\n");
}
