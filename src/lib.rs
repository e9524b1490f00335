//! atlas runs Claude Agent Skills the way a build tool runs a build.
//!
//! The folders are layers; ARCHITECTURE.md says what belongs where, and a test keeps the
//! directions between them.

pub mod cli;
pub mod engine;
pub mod model;
pub mod report;
pub mod store;
pub mod sys;
