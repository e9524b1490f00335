//! How many tests a runner says that it ran.

use super::Runner;

/// Whether any test ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// At least one.
    Some,
    /// None.
    None,
    /// Nothing that was printed tells.
    Unknown,
}

/// What a runner's output says. Whatever the runner, the lines of all known suites count: `make`
/// and `npm` only pass on what others say.
pub fn ran(runner: Runner, stdout: &str, stderr: &str) -> Ran {
    let told: Vec<u64> = stdout.lines().chain(stderr.lines()).filter_map(count).collect();
    if told.iter().any(|count| *count > 0) {
        return Ran::Some;
    }
    if !told.is_empty() {
        return Ran::None;
    }
    match runner {
        // Cargo names each program that it runs; one with a harness of its own prints what it likes.
        Runner::Cargo if !stderr.lines().any(|line| line.trim_start().starts_with("Running ")) => {
            Ran::None
        }
        Runner::Go => Ran::None,
        Runner::Cargo | Runner::Npm | Runner::Pytest | Runner::Make => Ran::Unknown,
    }
}

/// How many tests a line tells of; `None` for a line that tells of none.
fn count(line: &str) -> Option<u64> {
    let line = line.trim();
    libtest(line)
        .or_else(|| nextest(line))
        .or_else(|| pytest(line))
        .or_else(|| go(line))
        .or_else(|| javascript(line))
        .or_else(|| make(line))
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn libtest(line: &str) -> Option<u64> {
    let counts = line.strip_prefix("test result: ")?;
    Some(before(counts, "passed") + before(counts, "failed"))
}

/// `Summary [   0.012s] 3 tests run: 3 passed, 0 skipped`
fn nextest(line: &str) -> Option<u64> {
    line.starts_with("Summary [").then(|| before(line, "tests run:") + before(line, "test run:"))
}

/// `==== 3 passed, 1 skipped in 0.12s ====`, `no tests ran in 0.01s`
fn pytest(line: &str) -> Option<u64> {
    let line = line.trim_matches(['=', ' ']);
    let (counts, time) = line.rsplit_once(" in ")?;
    let timed = time.split(' ').next()?.strip_suffix('s')?.parse::<f64>().is_ok();
    let kinds = ["passed", "failed", "xfailed", "xpassed"];
    let known = ["skipped", "deselected", "error", "errors", "no tests ran"];
    let tells = kinds.iter().chain(&known).any(|kind| counts.contains(kind));
    (timed && tells).then(|| kinds.iter().map(|kind| before(counts, kind)).sum())
}

/// `ok`, a package and a time, or `[no tests to run]` in its place; `?` and `[no test files]`. Tabs
/// stand between them.
fn go(line: &str) -> Option<u64> {
    if line.starts_with("ok  \t") {
        return Some(u64::from(!line.contains("[no tests to run]")));
    }
    line.ends_with("[no test files]").then_some(0)
}

/// Node's own runner, TAP, mocha, jest and vitest.
fn javascript(line: &str) -> Option<u64> {
    for mark in ["# tests ", "\u{2139} tests "] {
        if let Some(count) = line.strip_prefix(mark) {
            return count.parse().ok();
        }
    }
    let (first, rest) = line.split_once(' ')?;
    match rest.trim_start() {
        rest if rest == "passing" || rest.starts_with("passing (") => first.parse().ok(),
        rest if matches!(first, "Tests" | "Tests:") => {
            Some(before(rest, "passed") + before(rest, "failed"))
        }
        _ => None,
    }
}

/// `make: Nothing to be done for 'test'.`, `make: 'test' is up to date.`
fn make(line: &str) -> Option<u64> {
    let said = line.strip_prefix("make: ")?;
    (said.starts_with("Nothing to be done") || said.ends_with("is up to date.")).then_some(0)
}

/// The number that stands before a word; 0 where there is none.
fn before(text: &str, word: &str) -> u64 {
    let is_word = |at: usize| !text[at + word.len()..].starts_with(char::is_alphanumeric);
    let numbers = text.match_indices(word).filter(|(at, _)| is_word(*at)).filter_map(|(at, _)| {
        let head = text[..at].strip_suffix(' ')?;
        let number = &head[head.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
        number.parse::<u64>().ok()
    });
    numbers.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_suites_print() {
        use Ran::{None, Some, Unknown};
        use Runner::{Cargo, Go, Make, Npm, Pytest};
        let ok = "test result: ok. 0 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out";
        let rows = [
            (Cargo, "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured", "", Some),
            (Cargo, "test result: FAILED. 0 passed; 1 failed; 0 ignored", "", Some),
            (Cargo, ok, "     Running unittests src/lib.rs\n   Doc-tests x\n", None),
            (Cargo, "my harness: fine", "     Running tests/own.rs (target/debug/x)", Unknown),
            (Cargo, "", "    Finished `test` profile\n", None),
            (Make, "     Summary [   0.012s] 3 tests run: 3 passed, 0 skipped", "", Some),
            (Make, "     Summary [   0.012s] 0 tests run: 0 passed, 3 skipped", "", None),
            (Pytest, "===== 3 passed, 1 skipped in 0.12s =====", "", Some),
            (Pytest, "2 failed in 61.20s (0:01:01)", "", Some),
            (Pytest, "1 xfailed in 0.01s", "", Some),
            (Pytest, "===== 3 skipped in 0.02s =====", "", None),
            (Pytest, "no tests ran in 0.01s", "", None),
            (Pytest, "....", "", Unknown),
            (Go, "ok  \texample.org/x\t0.003s", "", Some),
            (Go, "ok  \texample.org/x\t(cached)", "", Some),
            (Go, "ok  \texample.org/x\t0.003s [no tests to run]", "", None),
            (Go, "?   \texample.org/x\t[no test files]", "", None),
            (Go, "", "", None),
            (Npm, "# tests 0\n# pass 0", "", None),
            (Npm, "\u{2139} tests 4", "", Some),
            (Npm, "  3 passing (12ms)", "", Some),
            (Npm, "  0 passing (1ms)", "", None),
            (Npm, "", "Tests:       1 failed, 3 passed, 4 total", Some),
            (Npm, "      Tests  2 passed (2)", "", Some),
            (Npm, "> x@1.0.0 test\n> true", "", Unknown),
            (Make, "make: 'test' is up to date.", "", None),
            (Make, "make: Nothing to be done for 'test'.", "", None),
            (Make, "cargo test\ntest result: ok. 1 passed; 0 failed", "", Some),
            (Make, "all is well", "", Unknown),
        ];
        for (runner, stdout, stderr, expected) in rows {
            assert_eq!(ran(runner, stdout, stderr), expected, "{runner}: {stdout} {stderr}");
        }
    }
}
