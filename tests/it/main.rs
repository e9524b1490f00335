//! The tests that drive atlas from outside, in one program: it is linked once, and its tests run side by side.

#![expect(clippy::unwrap_used, reason = "in a test the place of a failed unwrap says enough")]

mod attacks;
mod bundled_hooks;
mod bundled_recordings;
mod cli;
mod commit_message;
mod gate;
mod harness;
mod hooks_command;
mod pages;
mod panel_rules;
mod plugin;
mod recordings;
mod reports;
mod resume;
mod review_diff;
mod reviewers_apart;
mod run_abuse;
mod run_answers;
mod run_branch;
mod run_canary;
mod run_checks;
mod run_edit_hooks;
mod run_faults;
mod run_given;
mod run_inputs;
mod run_isolation;
mod run_limits;
mod run_panel;
mod run_repair;
mod run_self_protection;
mod run_signals;
mod run_stages;
mod run_steps;
mod run_trees;
mod run_trust;
mod run_unavailable;
mod run_workflows;
mod scratch;
mod secrets;
mod sessions;
mod support;
mod tidy;
mod torture;
mod verify;
