//! The results of one skill over many repositories, as one document.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use super::{RunResult, SCHEMA_VERSION};
use crate::model::Status;

/// The results of one skill over many repositories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "The results of an atlas run over many repositories")]
pub struct ManyResults {
    /// The version of this document's shape.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// The exit code of the process: that of the worst of them.
    pub exit_code: u8,
    /// One for each repository that was begun, in the order in which they were named.
    pub results: Vec<RunResult>,
    /// The repositories that were not begun, because another one ended it for all.
    pub not_begun: Vec<String>,
}

impl ManyResults {
    /// The document.
    pub fn new(results: Vec<RunResult>, not_begun: Vec<String>) -> Self {
        let exit_code = worst(&results);
        Self { schema_version: SCHEMA_VERSION, exit_code, results, not_begun }
    }

    /// The published JSON Schema of this document.
    pub fn schema() -> Schema {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<Self>()
    }
}

/// A waived result exits as one that passed.
fn worst(results: &[RunResult]) -> u8 {
    let counts = |result: &&RunResult| if result.waived { Status::Passed } else { result.status };
    let worst = results.iter().min_by_key(|result| counts(result).from_worst());
    worst.map_or(Status::Passed.code(), |worst| worst.exit_code)
}

#[cfg(test)]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, file};

    use super::*;
    use crate::model::{Fault, TABLE};

    fn result(status: Status) -> RunResult {
        RunResult::of_fault(&Fault::new(status, "x"))
    }

    /// The order is written down in the formats.
    #[test]
    fn the_exit_code_is_that_of_the_worst() {
        use Status::*;
        let order = [
            Interrupted,
            Invalid,
            Failed,
            Unavailable,
            Limit,
            Rejected,
            Inconclusive,
            Blocked,
            Busy,
            Waiting,
            Passed,
        ];
        for pair in order.windows(2) {
            for pair in [[pair[0], pair[1]], [pair[1], pair[0]]] {
                let expected = pair.iter().min_by_key(|it| order.iter().position(|o| o == *it));
                let many = ManyResults::new(pair.map(result).to_vec(), Vec::new());
                assert_eq!(many.exit_code, expected.unwrap().code(), "{pair:?}");
            }
        }
        assert!(TABLE.iter().all(|row| row.status.from_worst() < TABLE.len()));
        assert_eq!(ManyResults::new(Vec::new(), vec!["a".into()]).exit_code, 0);
    }

    #[test]
    fn what_was_waived_and_what_a_signal_ended() {
        let waived = RunResult { waived: true, exit_code: 0, ..result(Status::Unavailable) };
        let hangup = RunResult { exit_code: 129, ..result(Status::Interrupted) };
        let code = |results: &[&RunResult]| {
            ManyResults::new(results.iter().map(|it| (*it).clone()).collect(), Vec::new()).exit_code
        };
        assert_eq!(code(&[&waived]), 0);
        assert_eq!(code(&[&waived, &result(Status::Rejected)]), 4);
        assert_eq!(code(&[&hangup, &waived, &result(Status::Invalid)]), 129);
    }

    #[test]
    fn the_published_schema_is_current() {
        let schema = serde_json::to_string_pretty(&ManyResults::schema()).unwrap() + "\n";
        assert_data_eq!(schema.raw(), file!["../../../docs/reference/results.schema.json"].raw());
    }
}
