//! A fault as plain text, for the tests of everything that reads the user's files.

use std::fmt::Write as _;

use crate::model::Fault;

/// `message`, then `path:line:column: message [underlined] | help` for each spot, then the hints.
pub(crate) fn shown(fault: &Fault) -> String {
    let mut text = format!("{} ({})\n", fault.message, fault.status);
    for cause in &fault.causes {
        writeln!(text, "  because {cause}").unwrap();
    }
    for spot in &fault.spots {
        let before = &spot.source[..spot.span.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let underlined = spot.source[spot.span.clone()].replace('\n', "\\n");
        let help = spot.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        let path = spot.path.display();
        writeln!(text, "{path}:{line}:{column}: {} [{underlined}]{help}", spot.message).unwrap();
    }
    for hint in &fault.hints {
        writeln!(text, "hint: {hint}").unwrap();
    }
    text
}
