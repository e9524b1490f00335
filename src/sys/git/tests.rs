//! Real repositories, made by the real `git` in a cleared environment, are the oracle.

mod applying;
mod branches;
mod facts;
mod fates;
mod hostile;
mod indexes;
mod leftovers;
mod merging;
mod places;
mod rebuilt;
mod refusals;
mod sandbox;
mod scenarios;
mod snapshots;
mod worktrees;
