//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

mod fault;
mod status;
pub mod value;

pub use fault::{Fault, Result, Spot};
pub use status::{Again, Row, Status, TABLE};
