//! What things are: values, parsing, validation, folds, the scheduler. No input or output.

pub mod config;
pub mod contract;
mod fault;
pub mod sourced;
mod status;
pub mod value;
pub mod yaml;

pub use fault::{Fault, Result, Spot};
pub use status::{Again, Row, Status, TABLE};
