//! Limits: a file can only lower what the user allows; only the environment and flags go over.

use std::fmt::Display;

use super::{
    Layers, defaults,
    environment::{self, count, read},
    resolve::{flag, said_by},
    settings::{Capped, ResolvedLimits},
    view::{Rank, View},
};
use crate::model::{
    Result,
    contract::Limits,
    sourced::{Source, Sourced},
    yaml::Spanned,
};

/// Every limit, and what was asked for beyond it.
pub(super) fn resolve(
    layers: &Layers<'_>,
    views: &[View<'_>],
) -> Result<(ResolvedLimits, Vec<Capped>)> {
    let flags = layers.flags;
    let env = layers.env;
    let usd = or(flag(flags.max_usd, "--max-usd"), || read(env, environment::MAX_USD, str::parse))?;
    let turns =
        or(flag(flags.max_turns, "--max-turns"), || read(env, environment::MAX_TURNS, count))?;
    let time =
        or(flag(flags.timeout, "--timeout"), || read(env, environment::TIMEOUT, str::parse))?;
    let mut files = Files { views, capped: Vec::new() };
    let limits = ResolvedLimits {
        usd: over(usd, || files.least("usd", defaults::USD, |limits| limits.usd.as_ref())),
        usd_per_day: said_by(layers.user, Source::User, |user| user.usd_per_day.as_ref())
            .unwrap_or(Sourced::built_in(defaults::USD_PER_DAY)),
        tokens: files.least_of("tokens", None, |limits| limits.tokens.as_ref()),
        turns: over(turns, || {
            files.least("turns", defaults::TURNS, |limits| limits.turns.as_ref())
        }),
        time: over(time, || files.least("time", defaults::TIME, |limits| limits.time.as_ref())),
        idle: files.least("idle", defaults::IDLE, |limits| limits.idle.as_ref()),
        start: files.least("start", defaults::START, |limits| limits.start.as_ref()),
        after_result: files
            .least("after-result", defaults::AFTER_RESULT, |limits| limits.after_result.as_ref()),
        grace: files.least("grace", defaults::GRACE, |limits| limits.grace.as_ref()),
        hook_timeout: files
            .least("hook-timeout", defaults::HOOK_TIMEOUT, |limits| limits.hook_timeout.as_ref()),
        context: files.least("context", defaults::CONTEXT, |limits| limits.context.as_ref()),
        quota: files.least("quota", defaults::QUOTA, |limits| limits.quota.as_ref()),
    };
    Ok((limits, files.capped))
}

/// How many calls run at once; a repository can only lower it.
pub(super) fn jobs(layers: &Layers<'_>) -> Result<Sourced<u32>> {
    let given =
        or(flag(layers.flags.jobs, "--jobs"), || read(layers.env, environment::JOBS, count))?;
    if let Some(given) = given {
        return Ok(given.map(|jobs| jobs.max(1)));
    }
    let built_in = Sourced::built_in(layers.cores.clamp(1, defaults::JOBS));
    let user = said_by(layers.user, Source::User, |user| user.jobs.as_ref())
        .map_or(built_in, |jobs| jobs.map(Into::into));
    let project = said_by(layers.project, Source::Project, |project| project.jobs.as_ref())
        .map(|jobs| jobs.map(Into::into));
    Ok(project.filter(|jobs: &Sourced<u32>| jobs.value < user.value).unwrap_or(user))
}

fn or<T>(first: Option<T>, second: impl FnOnce() -> Result<Option<T>>) -> Result<Option<T>> {
    first.map_or_else(second, |first| Ok(Some(first)))
}

fn over<T>(given: Option<Sourced<T>>, files: impl FnOnce() -> Sourced<T>) -> Sourced<T> {
    given.unwrap_or_else(files)
}

/// The files, and what they asked for in vain.
struct Files<'a> {
    views: &'a [View<'a>],
    capped: Vec<Capped>,
}

impl Files<'_> {
    fn least<T: Ord + Copy + Display>(
        &mut self,
        name: &str,
        built_in: T,
        get: impl Fn(&Limits) -> Option<&Spanned<T>>,
    ) -> Sourced<T> {
        self.least_of(name, Some(built_in), get).expect("a built-in limit is a limit")
    }

    /// The user's value in place of the built-in one, then the least of it and all others.
    fn least_of<T: Ord + Copy + Display>(
        &mut self,
        name: &str,
        built_in: Option<T>,
        get: impl Fn(&Limits) -> Option<&Spanned<T>>,
    ) -> Option<Sourced<T>> {
        let mut held = built_in.map(Sourced::built_in);
        let mut asked_more = Vec::new();
        for view in self.views {
            let Some(asked) = get(view.limits).map(|asked| view.sourced(asked)) else { continue };
            match &held {
                Some(limit) if view.rank != Rank::User && asked.value > limit.value => {
                    asked_more.push(asked);
                }
                Some(_) | None => held = Some(asked),
            }
        }
        let shown = |value: Sourced<T>| value.map(|value| value.to_string());
        for asked in asked_more {
            let held = held.clone().expect("more than nothing was asked for");
            let limit = name.to_owned();
            self.capped.push(Capped { limit, asked: shown(asked), held: shown(held) });
        }
        held
    }
}
