//! docs/skills.md shows what atlas says.

use std::path::Path;

use crate::support::world::World;

const PAGE: &str = "docs/skills.md";

/// Where the page's project is.
const PROJECT: &str = "~/project";

fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

fn squeezed(text: &str) -> String {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_transcript_is_what_atlas_says() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let world = World::new();
    let skill = between(&page, "````markdown\n", "\n````");
    world.skill("release", skill[0]).write("README.md", "# Project\n");
    let root = world.dir().display().to_string();
    let transcripts = between(&page, "```console\n", "\n```");
    assert!(transcripts.len() >= 4, "{transcripts:?}");
    for transcript in transcripts {
        let (command, expected) = transcript.split_once('\n').unwrap_or((transcript, ""));
        let words = command.strip_prefix("$ atlas ").expect("a command of atlas").split(' ');
        let output = world.atlas(words).run();
        let said = format!("{}{}", output.stdout, output.stderr).replace(&root, PROJECT);
        // The page may leave out the end, where what comes with atlas stands; that decides how wide
        // the columns are.
        let shown = squeezed(expected);
        assert!(!shown.is_empty() && squeezed(&said).starts_with(&shown), "{command}:\n{said}");
    }
}
