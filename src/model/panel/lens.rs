//! What reviewers look at, where nobody says otherwise.

/// A way of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lens {
    /// Its name.
    pub name: &'static str,
    /// What a reviewer with it does before anything else.
    pub task: &'static str,
}

/// The default panel: three who look for different things. More is rarely worth its price.
pub const DEFAULT: [Lens; 3] = [
    Lens {
        name: "facts",
        task: "Check every statement that can be checked: names, numbers, paths, quotes, what code \
               does. Open the files. A statement that nothing supports is wrong until you find \
               what supports it.",
    },
    Lens {
        name: "logic",
        task: "Follow the reasoning and the code step by step, with the inputs that are most \
               likely to break it: nothing, one, many, the largest, the malformed, the second \
               time. Look for conclusions that do not follow and cases that contradict them.",
    },
    Lens {
        name: "omissions",
        task: "Read the task again and list what it asks for, word by word. Then look for each \
               item in the work. What was asked for and is not there, or only said to be there, \
               is missing.",
    },
];

/// Who a reviewer is, where nobody says otherwise: somebody who checks everything because their \
/// name is on it.
pub const PERSONA: &str = "junior analyst at McKinsey";

/// What all reviewers look for, where nobody says otherwise.
pub const CRITERIA: [&str; 4] =
    ["factual accuracy", "logical consistency", "missing information", "potential errors"];

/// What a lens tells its reviewer; one that somebody made up is its own task.
pub fn task(lens: &str) -> String {
    match DEFAULT.iter().find(|known| known.name == lens) {
        Some(known) => known.task.to_owned(),
        None => format!("Look at the work for this before anything else: {lens}."),
    }
}
