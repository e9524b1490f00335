//! The task: a small program of shell that is wrong, and a test that says so.

use std::path::Path;

use crate::support::world::World;

/// One task. They differ in their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    number: u64,
}

/// The file to be mended.
pub(crate) const SUM: &str = "lib/sum.sh";
/// A file that is right and has to stay so.
pub(crate) const DOUBLE: &str = "lib/double.sh";
/// The test.
pub(crate) const CASES: &str = "checks/cases.sh";
/// What runs the test.
pub(crate) const RUN: &str = "checks/run.sh";

/// The line that is wrong.
pub(crate) const FAULT: &str = "echo $(( $1 - $2 ))";

impl Task {
    pub(crate) fn new(number: u64) -> Self {
        Self { number }
    }

    /// What is asked for.
    pub(crate) fn prompt() -> String {
        format!("Mend `{SUM}` so that `sh {RUN}` passes. Change nothing else.\n")
    }

    /// The file as it has to become.
    pub(crate) fn mended() -> String {
        Self::faulty().replace(" - ", " + ")
    }

    /// The other file as it is.
    pub(crate) fn double() -> &'static str {
        "double() {\n  echo $(( $1 * 2 ))\n}\n"
    }

    fn faulty() -> String {
        format!("sum() {{\n  {FAULT}\n}}\n")
    }

    /// The test as it is.
    pub(crate) fn cases(self) -> String {
        let (one, other) = (self.number + 3, self.number % 7 + 2);
        let (sum, twice) = (one + other, one * 2);
        format!(
            ". ./{SUM}\n. ./{DOUBLE}\n\
             [ \"$(sum {one} {other})\" = {sum} ] || {{ echo 'sum {one} {other} is not {sum}' >&2; exit 1; }}\n\
             [ \"$(double {one})\" = {twice} ] || {{ echo 'double {one} is not {twice}' >&2; exit 1; }}\n"
        )
    }

    /// Makes the repository, with the skill and its contract.
    pub(crate) fn lay_out(self, world: &World, contract: &str) {
        world
            .write(SUM, Self::faulty())
            .write(DOUBLE, Self::double())
            .write(CASES, self.cases())
            .write(RUN, format!("exec sh {CASES}\n"));
        let text = format!("---\nname: mend\ndescription: Mends the sum.\n---\n{}", Self::prompt());
        world.skill("mend", &text);
        if !contract.is_empty() {
            world.write(".claude/skills/mend/contract.yaml", contract);
        }
        world.repo().commit("first");
    }

    /// Whether the tree does what was asked for, by the test as it was and not as it may be now.
    pub(crate) fn is_done(self, world: &World) -> bool {
        world.program(Path::new("sh"), ["-c", &self.cases()]).run().code == Some(0)
    }
}
