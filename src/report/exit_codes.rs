//! What each exit code means: `atlas help exit-codes`, and the page of the reference.

use super::{look::Look, wrap};
use crate::model::{Again, Row, TABLE};

/// `atlas help exit-codes`.
pub fn text(look: Look) -> String {
    let mut text = "How atlas ends, and what a caller should make of it:\n\n".to_owned();
    for row in TABLE {
        let codes = codes(row);
        let head = format!("{codes:>4}  {}: {}", row.name, row.meaning);
        text.push_str(&wrap::text(&head, None, 0));
        text.push('\n');
        for line in [again(row.again), row.schedulers] {
            let indent = 6;
            text.extend(std::iter::repeat_n(' ', indent));
            text.push_str(&wrap::text(line, look.width, indent));
            text.push('\n');
        }
    }
    text
}

/// `docs/reference/exit-codes.md`.
pub fn markdown() -> String {
    let mut page = "\
# Exit codes

Every command of atlas ends with one of these. The numbers never change their meaning; the same
names stand in `status` of the result document, and `--ok-on` takes them.

| code | status | meaning | try again? | what schedulers should make of it |
|---|---|---|---|---|
"
    .to_owned();
    for row in TABLE {
        let line = format!(
            "| {} | {} | {} | {} | {} |\n",
            codes(row),
            row.name,
            row.meaning,
            again(row.again),
            row.schedulers
        );
        page.push_str(&line);
    }
    page
}

/// Signals have a code each; the table's own is that of SIGINT.
fn codes(row: &Row) -> String {
    match row.status {
        crate::model::Status::Interrupted => "129, 130, 131, 143".to_owned(),
        crate::model::Status::Passed
        | crate::model::Status::Failed
        | crate::model::Status::Usage
        | crate::model::Status::Blocked
        | crate::model::Status::Rejected
        | crate::model::Status::Inconclusive
        | crate::model::Status::Limit
        | crate::model::Status::Unavailable
        | crate::model::Status::Invalid
        | crate::model::Status::Waiting
        | crate::model::Status::Busy => row.code.to_string(),
    }
}

fn again(again: Again) -> &'static str {
    match again {
        Again::Done => "nothing to repeat",
        Again::ByMachine => "a machine may try again, with back-off",
        Again::Never => "only after a person has looked",
    }
}

#[cfg(test)]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, file, str};

    use super::*;

    #[test]
    fn the_page_is_current() {
        assert_data_eq!(markdown().raw(), file!["../../docs/reference/exit-codes.md"].raw());
    }

    #[test]
    fn the_help_holds_every_row() {
        assert_data_eq!(text(Look { width: Some(80), ..Look::PLAIN }), str![[r#"
How atlas ends, and what a caller should make of it:

   0  passed: everything that had to hold was seen to hold
      nothing to repeat
      success everywhere
   1  failed: a step broke, or atlas did
      a machine may try again, with back-off
      pre-commit: the hook fails; systemd: Restart=on-failure; Kubernetes:
      backoffLimit; Slurm: requeue
   2  usage: the command line was wrong
      only after a person has looked
      pre-commit: mend the args; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   3  blocked: a prerequisite or a pre hook said no; nothing was spent
      only after a person has looked
      pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   4  rejected: a mid or post hook, a schema or the panel refused the work
      only after a person has looked
      pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   5  inconclusive: too few valid votes, or a blocking check could not run
      only after a person has looked
      pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   6  limit: a limit on money, tokens, turns, time, idleness or context ended it
      only after a person has looked
      pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   7  unavailable: no claude, no login, overloaded, or a plan's quota is used up
      a machine may try again, with back-off
      pre-commit: --if-available shows NOT CHECKED; systemd: Restart=on-failure;
      Kubernetes: backoffLimit; Slurm: requeue
   8  invalid: a skill, contract or configuration is faulty; something is untrusted, changed or corrupt
      only after a person has looked
      pre-commit: the hook fails; systemd: RestartPreventExitStatus; Kubernetes:
      podFailurePolicy FailJob; Slurm: no requeue
   9  waiting: reserved: needs a person
      only after a person has looked
      reserved
  10  busy: another process holds the session or the tree
      a machine may try again, with back-off
      pre-commit: try again; systemd: Restart=on-failure; Kubernetes:
      backoffLimit; Slurm: requeue
129, 130, 131, 143  interrupted: ended by HUP (129), INT (130), QUIT (131) or TERM (143); resumable
      a machine may try again, with back-off
      pre-commit: try again; systemd: SuccessExitStatus=143 on stop; Kubernetes:
      podFailurePolicy Ignore on disruption; Slurm: requeue

"#]].raw());
    }
}
