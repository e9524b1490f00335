//! A test waits on an event, never on a clock: a sleep is too short on a busy machine, and too
//! long on every other.

use super::{expect_none, files, prove, rust::paths};

/// What waits for nothing but time.
const SLEEPS: &[&str] = &["sleep", "sleep_ms", "sleep_until", "nanosleep", "park_timeout"];

/// Files in which a clock is what is tested, each with the reason.
const CLOCKS: &[(&str, &str)] = &[
    ("src/sys/process/tests/linux.rs", "it puts the loop of a call together, with its leak clock"),
    ("src/store/session/tests/processes.rs", "it kills at another moment each time"),
    ("tests/it/support/model/server.rs", "a service that takes so many at once takes its time"),
];

#[test]
fn tests_never_sleep() {
    let sources = files::rust("src").into_iter().chain(files::rust("tests"));
    let mut found = Vec::new();
    let mut unused = CLOCKS.to_vec();
    for file in sources {
        let faults = faults((&file.path, &file.text));
        let excused = |(path, _): &(&str, &str)| *path == file.path && !faults.is_empty();
        match unused.iter().position(excused) {
            Some(at) => {
                unused.remove(at);
            }
            None => found.extend(faults),
        }
    }
    expect_none(&found);
    assert!(unused.is_empty(), "no sleep there any more; take it out of `CLOCKS`: {unused:?}");
}

/// Takes the path of a Rust file and its text.
fn faults((path, text): (&str, &str)) -> Vec<String> {
    let of_tests = |name: &str| name == "tests" || name == "tests.rs";
    // What stands in for another program may take its time: a benchmark needs a call that does.
    let test_file = path.split('/').any(of_tests) && !path.starts_with("tests/fakes/");
    let sleeps = paths(text).into_iter().filter(|used| {
        let in_test = test_file || used.inside.iter().any(|module| of_tests(module));
        let last = used.names.last().map_or("", String::as_str);
        in_test && SLEEPS.contains(&last)
    });
    sleeps
        .map(|used| {
            let shown = used.names.join("::");
            format!("{path}:{}: `{shown}` in a test; wait on an event: a line, the end of a pipe, a socket", used.line)
        })
        .collect()
}

#[test]
fn the_rule_can_fail() {
    let test = "tests/it/a.rs";
    prove(
        faults,
        &[
            ((test, "fn f() { std::thread::sleep(x) }"), &["`std::thread::sleep`"]),
            (
                (test, "use std::{\n  thread::{\n    self, sleep as nap,\n  },\n};"),
                &["a.rs:3: `std::thread::sleep`"],
            ),
            ((test, "use std::thread as t; fn f() { t::sleep(x) }"), &["`t::sleep`"]),
            ((test, "tokio::time::sleep_until(x)"), &["sleep_until"]),
            (("src/a/tests.rs", "use tokio::time::sleep;"), &["sleep"]),
            (("src/a/tests/b.rs", "use tokio::time::sleep;"), &["sleep"]),
            (("src/a.rs", "use tokio::time::sleep;\nmod tests { fn f() {} }"), &[]),
            (("src/a.rs", "mod tests { use tokio::time::sleep; }"), &["sleep"]),
            (("tests/fakes/a.rs", "use std::thread::sleep;"), &[]),
            ((test, "command(\"sleep 600\"); // thread::sleep"), &[]),
        ],
    );
}
