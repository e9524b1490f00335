//! The tests that drive atlas from outside, in one program: it is linked once, and its tests run side by side.

#![expect(clippy::unwrap_used, reason = "in a test the place of a failed unwrap says enough")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes snapshots so")]

mod harness;
mod support;
mod tidy;
