//! A skill as a value.

pub mod front_matter;
pub mod name;
pub mod outline;
pub mod tools;
pub mod yaml;
