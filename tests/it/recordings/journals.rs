//! Two replays of one recording do the same things.

use std::collections::BTreeMap;

use atlas::model::recording::{Place, Places, normalize};
use serde_json::Value;

use super::{alone, recorded};
use crate::support::files;
use crate::support::world::World;

/// The lines of each unit's journal in order; how units mix is the scheduler's business.
fn units(world: &World, session: &std::path::Path) -> BTreeMap<String, Vec<Value>> {
    let mut units: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let text = files::read(&session.join("journal.jsonl"));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let plan = &lines.iter().find(|line| line["type"] == "plan").unwrap()["plan"];
    let tree = plan["root"].as_str().unwrap().to_owned();
    let places = Places::new([
        (Place::Repository, tree),
        (Place::Session, session.display().to_string()),
        (Place::Home, world.home().display().to_string()),
    ]);
    for mut line in lines {
        let name = ["step", "hook"].iter().find_map(|key| line[*key].as_str());
        let unit = name.unwrap_or("run").to_owned();
        normalize(&mut line, &places);
        units.entry(unit).or_default().push(line);
    }
    units
}

#[test]
fn two_replays_have_equal_journals_per_unit() {
    let world = recorded();
    for _ in 0..2 {
        alone(&world, ["run", "tidy", "--replay"]).run().expect_code(0);
    }
    let kept = std::fs::read_dir(world.home().join(".cache/atlas/replays")).unwrap();
    let sessions: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
    let [one, other] = &sessions[..] else { panic!("two sessions: {sessions:?}") };
    let (one, other) = (units(&world, one), units(&world, other));
    assert_eq!(one.keys().collect::<Vec<_>>(), ["run", "skill", "tidied"]);
    for (unit, lines) in &one {
        assert_eq!(Some(lines), other.get(unit), "{unit}");
    }
}
