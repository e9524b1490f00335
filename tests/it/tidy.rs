//! The conventions of this repository, as tests: what is not tested here does not hold for long.
//!
//! Every rule is a pure function from a text to its faults, with a table beside it that proves
//! that it can fail. A fault says what to do about it.

mod docs;
pub(crate) mod files;
mod hooks;
mod layers;
mod map;
mod modules;
mod purity;
mod readme;
mod rust;
mod shape;
mod sleeps;
mod words;

/// Fails with all faults at once, so that one run of the tests is enough to mend them.
fn expect_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Proves a rule: each row is an input, and a part of each fault it must have, in order.
fn prove<Input: Copy + std::fmt::Debug>(
    rule: impl Fn(Input) -> Vec<String>,
    rows: &[(Input, &[&str])],
) {
    for (input, expected) in rows {
        let faults = rule(*input);
        let fits = faults.len() == expected.len()
            && faults.iter().zip(*expected).all(|(fault, part)| fault.contains(part));
        assert!(fits, "{input:?}\n  expected {expected:#?}\n  found {faults:#?}");
    }
}
