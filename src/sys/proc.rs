//! What the system knows of processes that are not our children.
//!
//! On Linux all of it comes from `/proc` and pidfds. Elsewhere nothing is known: start times are
//! `None` and no process is found, so a sweep ends nobody.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use linux::{Handle, environ, has_ended, parent_of, pids, start_of};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{Handle, environ, has_ended, parent_of, pids, start_of};
