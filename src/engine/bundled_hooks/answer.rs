//! What a hook found, in words that an agent can act on.

/// At most so many reasons are told; who mends these is told the next ones.
const REASONS: usize = 20;
/// At most so many characters of one reason.
const REASON_CHARACTERS: usize = 300;
/// At most so many characters of all; of more a run keeps only the end.
const CHARACTERS: usize = 1800;

/// What a hook found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It looked and was content.
    Passed {
        /// Something the agent should know.
        context: Option<String>,
    },
    /// It looked and refuses, for these reasons.
    Refused(Vec<String>),
    /// It could not look.
    CouldNotLook(String),
}

impl Answer {
    /// Content where there are no reasons to refuse; of many, the first ones are told.
    pub(super) fn of(reasons: Vec<String>) -> Self {
        if reasons.is_empty() {
            return Self::Passed { context: None };
        }
        let all = reasons.len();
        let mut told: Vec<String> = Vec::new();
        let mut room = CHARACTERS;
        for reason in reasons.into_iter().take(REASONS) {
            let reason = short(reason);
            let Some(left) = room.checked_sub(reason.chars().count()) else { break };
            room = left;
            told.push(reason);
        }
        if told.len() < all {
            told.push(format!("and {} more", all - told.len()));
        }
        Self::Refused(told)
    }
}

fn short(reason: String) -> String {
    match reason.char_indices().nth(REASON_CHARACTERS) {
        None => reason,
        Some((at, _)) => format!("{}…", &reason[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_bounded() {
        assert_eq!(Answer::of(Vec::new()), Answer::Passed { context: None });
        let told = |reasons: Vec<String>| match Answer::of(reasons) {
            Answer::Refused(told) => told,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(vec!["a".into(), "b".into()]), ["a", "b"]);
        let many = told((0..50).map(|n| format!("reason {n}")).collect());
        assert_eq!(many.len(), REASONS + 1);
        assert_eq!(many.last().unwrap(), "and 30 more");
        let long = told(vec!["é".repeat(5000); 9]);
        assert_eq!(long.last().unwrap(), "and 4 more");
        assert!(long.join("\n").chars().count() < 2000, "a run would cut its beginning");
    }
}
