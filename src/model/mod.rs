//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

mod activity;
pub mod call;
pub mod changes;
pub mod check;
mod fault;
mod request;
pub mod result;
pub mod run;
pub mod skill;
mod status;
pub mod suggest;
pub mod text;
pub mod value;

pub use activity::Activity;
pub use fault::{Fault, Result, Spot};
pub use request::{Request, TrustRequest};
pub use status::{Again, Row, Status, TABLE};
