//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

mod fault;
pub mod skill;
mod status;
pub mod suggest;
pub mod text;

pub use fault::{Fault, Result, Spot};
pub use status::{Again, Row, Status, TABLE};
