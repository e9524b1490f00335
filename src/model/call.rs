//! One call to claude: how it is asked, what its stream says, what it cost, how it ended.
//!
//! Everything here is pure. What the CLI really does was measured on claude 2.1.328 against a
//! scripted model; docs/reference/claude.md lists the facts that the rules rest on.

pub mod argv;
pub mod meter;
pub mod outcome;
pub mod spend;
pub mod stream;
pub mod transcript;

pub use argv::{CallSpec, Talk, argv};
pub use meter::Meter;
pub use outcome::{
    CallEnd, CallFacts, CallOutcome, Failure, LimitKind, Unavailability, Wants, classify,
};
pub use spend::{Basis, ContextUse, QuotaUse, Spend, TokenCount};
