//! Whatever a body holds and a user types: what is typed is never expanded again, and without a
//! placeholder a body stays as it is.
#![no_main]

use atlas::model::skill::{
    arguments::{Arguments, split},
    substitute::{Places, substitute},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, Vec<String>)| {
    let (body, line, names) = input;
    let arguments = Arguments::from_line(line, &names);
    assert_eq!(split(line), arguments.list);
    let places = Places { skill_dir: "/dir", session_id: "id", project_dir: "/project" };
    let done = substitute(body, &arguments, places);
    assert!(done.unplaced.iter().all(|index| *index < arguments.list.len()));
    if !body.contains('$') {
        assert_eq!(done.text, body);
        assert_eq!(done.unplaced.len(), arguments.list.len());
    }
    // A value that is a placeholder stays one: nothing is read twice.
    let typed = Arguments::from_line("'$1' '$ARGUMENTS'", &[]);
    let plain = body.replace(['$', '\\'], "");
    assert_eq!(substitute(&format!("{plain}$0"), &typed, places).text, format!("{plain}$1"));
});
