//! What each exit code means: `atlas help exit-codes`, and the page of the reference.

use std::fmt::Write as _;

use super::{look::Look, wrap};
use crate::model::{Again, Row, Status, TABLE};

/// The columns of the longest name of a status.
const NAME: usize = 12;

/// Where the meaning begins: after the code, the name and whether to try again.
const MEANING: usize = 4 + 2 + NAME + 2 + "again".len() + 2;

/// `atlas help exit-codes`.
pub fn text(look: Look) -> String {
    let mut text = "How atlas ends, and whether a machine may try again:\n\n".to_owned();
    let _ = writeln!(text, "code  {:<NAME$}  again  what happened", "status");
    for row in TABLE {
        let meaning = wrap::text(row.meaning, look.width, MEANING);
        let again = match row.again {
            Again::Done => "-",
            Again::ByMachine => "yes",
            Again::Never => "no",
        };
        let _ = writeln!(text, "{:>4}  {:<NAME$}  {again:<5}  {meaning}", row.code, row.name);
    }
    text.push_str("\nWhat schedulers should make of it:\n\n");
    for row in TABLE {
        let advice = wrap::text(row.schedulers, look.width, 6);
        let _ = writeln!(text, "{:>4}  {}\n      {advice}", codes(row), row.name);
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
        let (codes, again) = (codes(row), again(row.again));
        let Row { name, meaning, schedulers, .. } = row;
        let _ = writeln!(page, "| {codes} | {name} | {meaning} | {again} | {schedulers} |");
    }
    page
}

/// Signals have a code each; the table's own is that of SIGINT.
fn codes(row: &Row) -> String {
    if row.status == Status::Interrupted {
        return "129, 130, 131, 143".to_owned();
    }
    row.code.to_string()
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
    use snapbox::{IntoData as _, assert_data_eq, file};

    use super::*;

    #[test]
    fn the_page_is_current() {
        assert_data_eq!(markdown().raw(), file!["../../docs/reference/exit-codes.md"].raw());
    }

    #[test]
    fn the_help_holds_every_row() {
        let look = Look { width: Some(80), ..Look::PLAIN };
        assert_data_eq!(text(look).raw(), file!["exit_codes/help.txt"].raw());
    }
}
