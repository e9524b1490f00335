//! How a run can end: the one table behind exit codes, result JSON, help and docs.
//!
//! Everything that speaks of a status or an exit code reads [`TABLE`]. The numbers are a public
//! contract: scripts and pipelines branch on them, so a row may be added but never renumbered.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run, or a command of atlas, ended. They are ordered as in [`TABLE`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything that had to hold was seen to hold.
    Passed,
    /// A step broke, or atlas did.
    Failed,
    /// The command line was wrong.
    Usage,
    /// A prerequisite or a pre hook said no before anything was spent.
    Blocked,
    /// A check looked at the work and refused it.
    Rejected,
    /// Nobody could tell: too few valid votes, or a blocking check could not run.
    Inconclusive,
    /// A limit on money, tokens, turns, time, idleness or context ended it.
    Limit,
    /// There was no claude to ask.
    Unavailable,
    /// Something the user wrote is faulty, or something is untrusted, changed or corrupt.
    Invalid,
    /// A person has to act first.
    Waiting,
    /// Another process holds the session or the tree.
    Busy,
    /// A signal ended it, politely: what runs is ended, and what happened is on record.
    Interrupted,
}

/// From the worst to the best, for whoever has to say one for many.
const BY_GRAVITY: [Status; 12] = [
    Status::Interrupted,
    Status::Invalid,
    Status::Usage,
    Status::Failed,
    Status::Unavailable,
    Status::Limit,
    Status::Rejected,
    Status::Inconclusive,
    Status::Blocked,
    Status::Busy,
    Status::Waiting,
    Status::Passed,
];

impl Status {
    /// How far it is from the worst; of several, the one with the smallest speaks for all.
    pub fn from_worst(self) -> usize {
        let place = BY_GRAVITY.iter().position(|status| *status == self);
        place.expect("every status has its place")
    }
}

/// Whether a machine may simply try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// There is nothing to repeat.
    Done,
    /// By a machine, with back-off.
    ByMachine,
    /// Never by a machine: the same thing would happen, or money would be spent twice.
    Never,
}

/// One row of the public table.
#[derive(Debug)]
pub struct Row {
    /// The status that this row describes.
    pub status: Status,
    /// The process exit code; for [`Status::Interrupted`] the one of SIGINT.
    pub code: u8,
    /// The name used in JSON and on the command line.
    pub name: &'static str,
    /// One line for help and docs.
    pub meaning: &'static str,
    /// Whether trying again is sensible.
    pub again: Again,
    /// What a commit hook, a service manager or a batch system should make of it.
    pub schedulers: &'static str,
}

/// Every status once, in the order of its exit code.
pub const TABLE: &[Row] = &[
    Row {
        status: Status::Passed,
        code: 0,
        name: "passed",
        meaning: "everything that had to hold was seen to hold",
        again: Again::Done,
        schedulers: "success everywhere",
    },
    Row {
        status: Status::Failed,
        code: 1,
        name: "failed",
        meaning: "a step broke, or atlas did",
        again: Again::ByMachine,
        schedulers: "pre-commit: the hook fails; systemd: Restart=on-failure; Kubernetes: backoffLimit; Slurm: requeue",
    },
    Row {
        status: Status::Usage,
        code: 2,
        name: "usage",
        meaning: "the command line was wrong",
        again: Again::Never,
        schedulers: "pre-commit: mend the args; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Blocked,
        code: 3,
        name: "blocked",
        meaning: "a prerequisite or a pre hook said no; nothing was spent",
        again: Again::Never,
        schedulers: "pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Rejected,
        code: 4,
        name: "rejected",
        meaning: "a mid or post hook, a schema or the panel refused the work",
        again: Again::Never,
        schedulers: "pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Inconclusive,
        code: 5,
        name: "inconclusive",
        meaning: "too few valid votes, or a blocking check could not run",
        again: Again::Never,
        schedulers: "pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Limit,
        code: 6,
        name: "limit",
        meaning: "a limit on money, tokens, turns, time, idleness or context ended it",
        again: Again::Never,
        schedulers: "pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Unavailable,
        code: 7,
        name: "unavailable",
        meaning: "no claude, no login, overloaded, or a plan's quota is used up",
        again: Again::ByMachine,
        schedulers: "pre-commit: --if-available shows NOT CHECKED; systemd: Restart=on-failure; Kubernetes: backoffLimit; Slurm: requeue",
    },
    Row {
        status: Status::Invalid,
        code: 8,
        name: "invalid",
        meaning: "a skill, contract or configuration is faulty; something is untrusted, changed or corrupt",
        again: Again::Never,
        schedulers: "pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes: podFailurePolicy FailJob; Slurm: no requeue",
    },
    Row {
        status: Status::Waiting,
        code: 9,
        name: "waiting",
        meaning: "reserved: needs a person",
        again: Again::Never,
        schedulers: "reserved",
    },
    Row {
        status: Status::Busy,
        code: 10,
        name: "busy",
        meaning: "another process holds the session or the tree",
        again: Again::ByMachine,
        schedulers: "pre-commit: try again; systemd: Restart=on-failure; Kubernetes: backoffLimit; Slurm: requeue",
    },
    Row {
        status: Status::Interrupted,
        code: 130,
        name: "interrupted",
        meaning: "ended by HUP (129), INT (130), QUIT (131) or TERM (143)",
        again: Again::ByMachine,
        schedulers: "pre-commit: try again; systemd: SuccessExitStatus=143 on stop; Kubernetes: podFailurePolicy Ignore on disruption; Slurm: requeue",
    },
];

impl Status {
    /// The row of the public table that describes this status.
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.status == self).expect("every status has its row")
    }

    /// The exit code of a process that ends like this, where no signal says more.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// The status with this name, as `--ok-on` takes it.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.status)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_ascend() {
        let codes: Vec<u8> = TABLE.iter().map(|row| row.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        for row in TABLE {
            assert_eq!(Status::from_name(row.name), Some(row.status));
            assert_eq!(serde_json::to_value(row.status).unwrap(), row.name);
        }
    }
}
