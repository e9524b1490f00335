//! What of a skill a call put before its agent, stage by stage.
//!
//! What stands in the prompts is known from the plan; what the agent read by itself, from the stream.

use std::path::{Component, Path, PathBuf};

use super::Order;
use crate::{
    engine::site::Site,
    model::{
        call::{Meter, meter::FileRead},
        prompt,
        skill::stages::BytesByStage,
    },
};

/// The bytes of the call.
pub(super) fn loaded(site: &Site, order: &Order, meter: &Meter) -> BytesByStage {
    let mut loaded = prompted(site, order, meter);
    let places = Places::of(site, &order.step.id);
    let tree = site.trees.of(&order.step.id);
    for read in &meter.reads {
        let path = real(&tree.cwd.join(&read.path));
        if let Ok(name) = path.strip_prefix(&places.sections) {
            loaded.sections += section(order, name, read);
        } else if places.skill.iter().any(|folder| path.starts_with(folder)) {
            loaded.resources += read.bytes;
        }
    }
    loaded
}

/// A conversation that goes on has its prompt already.
fn prompted(site: &Site, order: &Order, meter: &Meter) -> BytesByStage {
    if order.resume.is_some() || !meter.was_answered() {
        return BytesByStage::default();
    }
    let stages = &order.step.stages;
    BytesByStage {
        header: stages.header,
        outline: prompt::outline(&stages.files, &site.session.stored().skill()).len() as u64,
        sections: stages.sections,
        resources: 0,
    }
}

/// A section that was read in part counts with what was shown of it.
fn section(order: &Order, name: &Path, read: &FileRead) -> u64 {
    let mut files = order.step.stages.files.iter();
    let file = files.find(|file| Path::new(&file.name) == name);
    file.map_or(0, |file| read.bytes.min(file.bytes()))
}

/// Where a skill's own files lie.
struct Places {
    sections: PathBuf,
    /// Its folder, and the same folder in a copy of the tree.
    skill: Vec<PathBuf>,
}

impl Places {
    fn of(site: &Site, step: &str) -> Self {
        let plan = &site.plan;
        let own = &plan.skill_of(step).dir;
        let inside = plan.root.as_ref().and_then(|root| own.strip_prefix(root).ok());
        let copied = inside.map(|inside| site.trees.of(step).root.join(inside));
        Self {
            sections: real(&site.session.stored().skill()),
            skill: std::iter::once(own.clone()).chain(copied).map(|path| real(&path)).collect(),
        }
    }
}

/// The path with all links followed; of what is gone by now, with its dots resolved.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                    plain.push(part);
                }
            }
        }
        plain
    })
}
