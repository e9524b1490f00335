//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

mod activity;
pub mod bundled_hook;
pub mod call;
pub mod changes;
pub mod check;
pub mod commit_style;
pub mod config;
pub mod contract;
pub mod digest;
pub mod facts;
mod fault;
pub mod hook_answer;
pub mod journal_line;
pub mod judges;
pub mod lint;
pub mod planning;
pub mod prompt;
pub mod recording;
mod request;
pub mod result;
pub mod run;
pub mod scratch;
pub mod secret;
pub mod session_id;
pub mod skill;
pub mod sourced;
mod status;
pub mod suggest;
pub mod text;
pub mod value;
pub mod yaml;

pub use activity::Activity;
pub use fault::{Fault, Result, Spot};
pub use request::{Request, TrustRequest};
pub use session_id::SessionId;
pub use status::{Again, Row, Status, TABLE};
