//! What is shown: events and faults become progress, text and JSON. Never reads the store.

pub mod annotation;
pub mod answer;
pub mod before;
pub mod exit_codes;
pub mod explain;
pub mod fault;
pub mod findings;
pub mod flow;
pub mod form;
pub mod github;
pub mod gitlab;
pub mod host;
pub mod junit;
pub mod lines;
pub mod live;
pub mod look;
pub mod many;
pub mod page;
pub mod printer;
pub mod reporter;
pub mod sarif;
pub mod screen;
pub mod stats;
pub mod step_summary;
pub mod summary;
pub mod table;
pub mod told;
pub mod words;
pub mod wrap;

#[cfg(test)]
mod tests;

pub use answer::{Format, answer, json};
pub use before::History;
pub use explain::DryRun;
pub use form::{Form, report};
pub use host::Host;
pub use look::{Look, Mark, Symbols};
pub use printer::{Printer, PrinterOptions, StreamKind, Verbosity};
pub use reporter::Reporter;
pub use summary::Place;
pub use told::{About, Told};
