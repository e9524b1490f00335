//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

pub mod call;
pub mod changes;
pub mod check;
mod fault;
pub mod journal_line;
mod request;
pub mod run;
pub mod session_id;
mod status;
pub mod value;

pub use fault::{Fault, Result, Spot};
pub use request::{Request, TrustRequest};
pub use session_id::SessionId;
pub use status::{Again, Row, Status, TABLE};
