//! claude's stdout: read line by line, kept in a file, parsed, and let go.

use tokio::process::ChildStdout;

use super::files::{CallFiles, StreamFile};
use crate::{
    model::call::stream::{self, Message},
    sys::lines::LineReader,
};

/// The stream of one call.
pub(super) struct Source {
    reader: Option<LineReader<ChildStdout>>,
    file: Option<StreamFile>,
    warnings: Vec<String>,
}

/// One line that came, whether or not it was a message.
pub(super) struct Incoming(pub(super) Option<Message>);

impl Source {
    pub(super) fn new(stdout: Option<ChildStdout>, files: &CallFiles) -> Self {
        let mut source =
            Self { reader: stdout.map(LineReader::new), file: None, warnings: Vec::new() };
        match StreamFile::open(files) {
            Ok(file) => source.file = Some(file),
            Err(error) => source.warnings.push(format!("the stream is not kept: {error}")),
        }
        source
    }

    /// The next line, or `None` at the end. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        let line = self.reader.as_mut()?.next_line().await;
        let Ok(Some(line)) = line else {
            self.reader = None;
            return None;
        };
        if line.cut > 0 {
            let bytes = line.bytes.len() + line.cut;
            self.warnings.push(format!("a line of {bytes} bytes was too long to be read"));
            return Some(Incoming(None));
        }
        let message = stream::parse(line.bytes);
        if let Some(file) = &mut self.file
            && let Err(error) = file.keep(line.bytes, message.as_ref())
        {
            self.warnings.push(format!("the stream is kept in part: {error}"));
            self.file = None;
        }
        Some(Incoming(message))
    }

    /// Whether the end was reached.
    pub(super) fn is_over(&self) -> bool {
        self.reader.is_none()
    }

    /// Closes the file; what went wrong on the way.
    pub(super) fn finish(mut self) -> Vec<String> {
        if let Some(mut file) = self.file.take() {
            if let Err(error) = file.flush() {
                self.warnings.push(format!("the stream is kept in part: {error}"));
            }
            if file.left_out() > 0 {
                let bytes = file.left_out();
                self.warnings.push(format!("{bytes} bytes of the stream are not kept"));
            }
        }
        self.warnings
    }
}
