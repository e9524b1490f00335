//! A skill as a value.

pub mod front_matter;
pub mod tools;
pub mod yaml;
