//! The tests that drive atlas from outside, in one program: it is linked once, and its tests run side by side.

#![expect(clippy::unwrap_used, reason = "in a test the place of a failed unwrap says enough")]

mod cli;
mod harness;
mod support;
mod tidy;
