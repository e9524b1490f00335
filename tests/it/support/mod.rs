//! What a test stands on: a world of its own, the real `claude`, and a model that says what the test wrote down.
//!
//! ```text
//! let world = World::scripted([rule().when_user("greet").says("Hello.")]);
//! world.skill("greet", SKILL).repo().commit("first");
//!
//! let output = world.atlas(["run", "greet"]).run().expect_code(0);
//!
//! world.check(&output.stdout, str![["Hello."]]);
//! assert_eq!(world.model().requests().len(), 1);
//! ```

pub(crate) mod claude;
pub(crate) mod fake;
pub(crate) mod files;
pub(crate) mod meeting;
pub(crate) mod model;
pub(crate) mod npm;
pub(crate) mod processes;
pub(crate) mod programs;
pub(crate) mod sarif;
pub(crate) mod torture;
pub(crate) mod world;

use std::time::Duration;

/// How long any wait of a test may take before it counts as a hang.
///
/// It is generous, because it is only ever reached by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
