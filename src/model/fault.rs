//! What went wrong, why, and what to do: the one error type that reaches a person.
//!
//! A fault is data. It carries the status that decides the exit code, and the places in the
//! user's own files that it speaks of; `report` draws it, with the line underlined.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use crate::model::Status;

/// The result of everything that can fail in a way a person has to hear of.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// One failure, complete enough to be shown and to choose an exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How it ends what it befell.
    pub status: Status,
    /// The exit code, which for signals says more than the status.
    pub exit_code: u8,
    /// What failed: lower case, no final period.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// The places in the user's files that are wrong, each with its own message.
    pub spots: Vec<Spot>,
    /// What to do next: lower case, no final period.
    pub hints: Vec<String>,
}

/// A place in a file of the user's, to be underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file, as the user would name it.
    pub path: PathBuf,
    /// The whole text of the file; shared, because one file can hold many faults.
    pub source: Arc<str>,
    /// The bytes of `source` to underline.
    pub span: Range<usize>,
    /// What is wrong here: lower case, no final period.
    pub message: String,
    /// What to write instead, if that is known.
    pub help: Option<String>,
}

impl Fault {
    /// A failure that ends in `status`.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            exit_code: status.code(),
            message: message.into(),
            causes: Vec::new(),
            spots: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A step broke, or atlas did.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Status::Failed, message)
    }

    /// The command line was wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// Something the user wrote is faulty, untrusted, changed or corrupt.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Status::Invalid, message)
    }

    /// There is no claude to ask.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Status::Unavailable, message)
    }

    /// Another process holds what is needed.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(Status::Busy, message)
    }

    /// A signal ended it, before there was a run to write that down; `exit_code` is what a shell
    /// gives a process that this signal ended.
    pub fn interrupted(exit_code: u8) -> Self {
        Self { exit_code, ..Self::new(Status::Interrupted, "interrupted before the run began") }
    }

    /// Adds a reason, innermost last.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Points into a file of the user's.
    #[must_use]
    pub fn at(mut self, spot: Spot) -> Self {
        self.spots.push(spot);
        self
    }

    /// What failed and why, and below that each place with its line: for whoever has no screen to
    /// show the places on.
    pub fn with_places(&self) -> String {
        let places = self.spots.iter().map(|spot| {
            let before = spot.source.get(..spot.span.start).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            format!("\n{}:{line}: {}", spot.path.display(), spot.message)
        });
        std::iter::once(self.to_string()).chain(places).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Fault {}

/// Plumbing that nobody foresaw: the chain is kept, and the exit code says that atlas failed.
impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) => {
                let mut chain = error.chain().map(ToString::to_string);
                let mut fault = Fault::failed(chain.next().unwrap_or_default());
                fault.causes.extend(chain);
                fault
            }
        }
    }
}
