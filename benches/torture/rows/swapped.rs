//! Somebody who exchanges a file between the look at it and its use.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::files;
use crate::support::torture::Stage;

/// Whatever runs is what was trusted, or nothing does.
pub(super) fn swapped(stage: &Stage, _seed: u64) -> Result<(), String> {
    let world = stage.world();
    let hooks = |command: &str| format!("hooks: {{ a: {{ timing: pre, command: {command} }} }}\n");
    let place = world.dir().join(".claude/atlas.yaml");
    let (spare, owned) = (world.root().join("spare"), world.root().join("owned"));
    files::write(&place, hooks("[touch, ../good]"));
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    let over = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for command in ["[touch, ../owned]", "[touch, ../good]"] {
                    files::write(&spare, hooks(command));
                    fs::rename(&spare, &place).expect("two files in one world");
                }
            }
        });
        let ended = world.atlas(["run", "chain", "--edit"]).run();
        over.store(true, Ordering::Relaxed);
        ended
    });
    drop(fs::remove_file(&place));
    match ended.code {
        _ if owned.exists() => Err("what nobody trusted ran".to_owned()),
        // Passed, rejected by its own self-protection, or not trusted.
        Some(0 | 4 | 8) => Ok(()),
        code => Err(format!("I6: {code:?}\n{}", ended.stderr)),
    }
}
