//! Statistics as CSV: one row for each skill, model and week, to be summed up elsewhere.
//!
//! A spreadsheet takes a cell that begins like a formula for one, and names come from anywhere: such
//! a cell gets a quote mark in front, which spreadsheets show as text.

use crate::model::{
    Status, TABLE, secret,
    stats::{Cell, Group, Tally},
    text,
};

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '＠'];

/// All cells, under a head, by RFC 4180.
pub fn csv(cells: &[Cell]) -> String {
    let mut lines = head().join(",") + "\r\n";
    for cell in cells {
        lines += &row(cell).join(",");
        lines += "\r\n";
    }
    lines
}

const USED: [&str; 5] =
    ["calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"];

fn head() -> Vec<String> {
    let first = ["skill", "model", "week", "runs", "decided"].map(str::to_owned);
    let statuses = TABLE.iter().map(|row| row.name.to_owned());
    let more = [
        "waived",
        "retries",
        "waits",
        "median_ms",
        "p95_ms",
        "usd",
        "usd_in_plan",
        "header_bytes",
        "outline_bytes",
        "section_bytes",
        "resource_bytes",
    ]
    .map(str::to_owned);
    let used = ["work", "review"];
    let used = used.iter().flat_map(|whose| USED.map(|what| format!("{whose}_{what}")));
    first.into_iter().chain(statuses).chain(more).chain(used).collect()
}

fn row(cell: &Cell) -> Vec<String> {
    let group = Group::of(String::new(), &cell.tally);
    let mut row: Vec<String> = [&cell.skill, &cell.model, &cell.week].map(|it| name(it)).into();
    row.extend([group.runs.to_string(), group.decided.to_string()]);
    row.extend(TABLE.iter().map(|row| ended(&cell.tally, row.status).to_string()));
    let known = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    row.extend([group.waived, group.retries, group.waits].map(|count| count.to_string()));
    row.extend([known(group.median_ms), known(group.p95_ms)]);
    row.extend([group.usd, group.usd_in_plan].map(|usd| usd.dollars().to_string()));
    let loaded = group.loaded;
    let stages = [loaded.header, loaded.outline, loaded.sections, loaded.resources];
    row.extend(stages.map(|bytes| bytes.to_string()));
    for used in [group.work, group.review] {
        let tokens = [
            used.calls,
            used.input_tokens,
            used.output_tokens,
            used.cache_read_tokens,
            used.cache_write_tokens,
        ];
        row.extend(tokens.map(|count| count.to_string()));
    }
    row
}

fn ended(tally: &Tally, status: Status) -> u64 {
    tally.statuses.get(&status).copied().unwrap_or_default()
}

/// Somebody's name for something, quoted, on one line, and no formula.
fn name(name: &str) -> String {
    let redacted = secret::redact(name);
    let inert = text::sanitize_line(&redacted).replace('"', "\"\"");
    let formula = name.trim_start().starts_with(FORMULA) || name.starts_with(FORMULA);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{inert}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_name_becomes_a_formula() {
        let rows = [
            ("review-diff", "\"review-diff\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =1", "\"'  =1\""),
            ("\t=1", "\"'␉=1\""),
            ("\r=1", "\"'␍=1\""),
            ("＝1", "\"'＝1\""),
            ("a\",\"=1", "\"a\"\",\"\"=1\""),
            ("a\n=1", "\"a␊=1\""),
        ];
        for (given, expected) in rows {
            assert_eq!(name(given), expected, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn every_row_has_as_many_cells_as_the_head(skill in any::<String>()) {
            let cell = Cell { skill, ..Cell::default() };
            let said = csv(&[cell]);
            prop_assert_eq!(said.matches("\r\n").count(), 2);
            let row = said.lines().nth(1).unwrap();
            let (mut cells, mut quoted) = (1, false);
            for c in row.chars() {
                quoted ^= c == '"';
                cells += usize::from(c == ',' && !quoted);
            }
            prop_assert_eq!(cells, head().len());
            prop_assert!(!row.starts_with("\"=") && !row.starts_with("\"@"));
        }
    }
}
