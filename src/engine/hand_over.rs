//! Work on a copy reaches the user: in the tree, or as a branch.
//!
//! A run has passed only once the user has it, so this is a check like any other.

use super::site::Site;
use crate::{
    model::{
        Delivery,
        check::{Check, CheckKind, CheckStatus},
        value::Span,
    },
    sys::{
        lock::Mode,
        signals::{Stop, asked},
    },
};

/// How long a change waits for a run that has the user's tree: it is paid for already.
const PATIENCE: Span = Span::seconds(60);

/// Hands the change over. The user's tree is somebody's alone while it is compared and written, as
/// for any run that works in it.
pub(crate) async fn hand_over(site: &Site) -> Check {
    let delivery = &site.plan.delivery;
    let name = match delivery {
        Delivery::Patch | Delivery::Tree => "apply",
        Delivery::Branch { .. } => "branch",
    };
    let check = |status| Check::blocking(name, CheckKind::Predicate, status);
    let mut stop = site.stop.clone();
    let locked = tokio::select! {
        biased;
        () = asked(&mut stop, Stop::Polite) => {
            return check(CheckStatus::Error).because("the run was stopped");
        }
        locked = site.home.lock_tree(Mode::Exclusive, Some(PATIENCE)) => locked,
    };
    let _lock = match locked {
        Ok(lock) => lock,
        Err(fault) => return check(CheckStatus::Failed).because(fault.to_string()),
    };
    let handed = match delivery.branch(site.session.id()) {
        Some(branch) => site.trees.own().branch(branch, message(site)).await,
        None => site.trees.own().apply().await,
    };
    match handed {
        Ok(()) => check(CheckStatus::Passed),
        Err(reason) => check(CheckStatus::Failed).because(reason),
    }
}

fn message(site: &Site) -> String {
    let (skill, session, run) = (&site.plan.skill.name, site.session.id(), site.run);
    format!("{skill}: what atlas ran\n\nRun {run} of the session {session}.\n")
}
