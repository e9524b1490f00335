//! `atlas session rm` and `atlas session gc`: what is not needed goes, nothing that counts is lost.

use std::{collections::BTreeSet, path::PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::super::context::Context;
use crate::{
    model::{
        Fault, Result, SessionId,
        value::{Bytes, Span},
    },
    report::{Look, Mark, table::table},
    store::{
        copies::{Copy, CopyState, copies},
        session::{Listed, Scrap, SessionDir, Sessions},
    },
    sys::{
        disk::usage,
        git::{Fate, Place, Repository},
    },
};

/// Whether it is done or only said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    ForReal,
    DryRun,
}

/// What shall go.
pub(super) struct Wish {
    pub(super) mode: Mode,
    /// Sessions that shall go whatever their age is.
    pub(super) named: Vec<SessionDir>,
    /// Sessions whose last event is older than this go.
    pub(super) older_than: Option<Span>,
    /// The oldest sessions go until all that are left take no more than this.
    pub(super) max_size: Option<Bytes>,
    /// Sessions whose copies go whatever is in them.
    pub(super) discard: BTreeSet<SessionId>,
}

/// One thing that takes room.
struct Item<'a> {
    name: String,
    thing: Thing<'a>,
    bytes: u64,
    goes: bool,
    why: String,
}

enum Thing<'a> {
    Session(&'a Listed),
    Copy(&'a Copy),
    Scrap(&'a Scrap),
}

#[derive(Serialize)]
struct Document {
    dry_run: bool,
    removed: Vec<Row>,
    kept: Vec<Row>,
    bytes_freed: u64,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    name: String,
    path: PathBuf,
    bytes: u64,
    why: String,
}

/// Removes what was named, refusing what would lose work.
pub(super) fn rm(wish: &Wish, sessions: &Sessions, context: &Context) -> Result<()> {
    let all = sessions.list()?;
    let repository = repository(context);
    let copies = repository.map_or_else(|| Ok(Vec::new()), |it| copies(it, &all))?;
    for named in &wish.named {
        if let Some(listed) = all.iter().find(|listed| listed.session.id == named.id)
            && let Some(holder) = listed.held_by
        {
            let held = format!("session {} is held by process {}", named.id, holder.pid);
            return Err(Fault::busy(held).hint("wait until that process ends, or end it"));
        }
        let mut own = copies.iter().filter(|copy| is_of(copy, &named.id));
        let kept = own.find(|copy| !copy.may_go());
        if let Some(copy) = kept.filter(|_| !wish.discard.contains(&named.id)) {
            return Err(Fault::usage(format!("session {} left work in a copy", named.id))
                .because(format!("{}: {}", copy.dir.display(), why_kept(&copy.state)))
                .hint("bring it in or throw it away: `--discard` removes it too"));
        }
    }
    let is_named = |id: &SessionId| wish.named.iter().any(|named| named.id == *id);
    let sessions = all.iter().filter(|listed| is_named(&listed.session.id));
    let mut items: Vec<Item> = sessions.map(|listed| session_item(listed, "named")).collect();
    let copies =
        copies.iter().filter(|copy| copy.session.as_ref().is_some_and(|it| is_named(&it.id)));
    items.extend(copies.map(|copy| Item { goes: true, ..copy_item(copy) }));
    carry_out(items, wish.mode, context)
}

/// Removes what nobody needs any more.
pub(super) fn gc(wish: &Wish, sessions: &Sessions, context: &Context) -> Result<()> {
    // Totals that cannot be read would make every count fall.
    sessions.totals()?;
    let all = sessions.list()?;
    let scraps = sessions.scraps();
    let repository = repository(context);
    let copies = repository.map_or_else(|| Ok(Vec::new()), |it| copies(it, &all))?;
    let mut items: Vec<Item> = scraps.iter().map(scrap_item).collect();
    for copy in &copies {
        let item = copy_item(copy);
        let discarded = copy.session.as_ref().is_some_and(|it| wish.discard.contains(&it.id))
            && !matches!(copy.state, CopyState::InUse);
        items.push(if discarded {
            Item { goes: true, why: "discarded".to_owned(), ..item }
        } else {
            item
        });
    }
    let stays = |id: &SessionId| {
        let own = copies.iter().zip(&items[scraps.len()..]).filter(|(copy, _)| is_of(copy, id));
        own.into_iter().any(|(_, item)| !item.goes)
    };
    let chosen = choose(&all, stays, wish, context.clock.now());
    items.extend(chosen);
    carry_out(items, wish.mode, context)
}

/// Which sessions go; `stays` knows those whose copy has to stay.
fn choose<'a>(
    all: &'a [Listed],
    stays: impl Fn(&SessionId) -> bool,
    wish: &Wish,
    now: Timestamp,
) -> Vec<Item<'a>> {
    let mut oldest_first: Vec<&Listed> = all.iter().collect();
    oldest_first.sort_by_key(|listed| last_of(listed));
    let mut items: Vec<Item> = oldest_first.iter().map(|listed| session_item(listed, "")).collect();
    let mut left: u64 = items.iter().map(|item| item.bytes).sum();
    for (item, listed) in items.iter_mut().zip(oldest_first) {
        let old = wish.older_than.is_some_and(|span| {
            let age = now.duration_since(last_of(listed));
            std::time::Duration::try_from(age).is_ok_and(|age| age > span.0)
        });
        let over = wish.max_size.is_some_and(|most| left > most.0);
        if !old && !over {
            item.goes = false;
            continue;
        }
        let reason = match &listed.summary {
            _ if listed.held_by.is_some() => Some("a process holds it"),
            _ if stays(&listed.session.id) => Some("its copy has to stay"),
            Ok(Some(summary)) if summary.can_go_on() => Some("it can be resumed"),
            Ok(_) => None,
            Err(_) => Some("it cannot be read: salvage it, or remove it by name"),
        };
        item.goes = reason.is_none();
        item.why = match (reason, old) {
            (Some(reason), _) => reason.to_owned(),
            (None, true) => "older than asked for".to_owned(),
            (None, false) => "over the size that was asked for".to_owned(),
        };
        if item.goes {
            left -= item.bytes;
        }
    }
    // What nobody asked about is not worth a line.
    items.retain(|item| !item.why.is_empty());
    items
}

/// When something last happened in it; its name says when it began.
fn last_of(listed: &Listed) -> Timestamp {
    match &listed.summary {
        Ok(Some(summary)) => summary.last,
        Ok(None) | Err(_) => listed.session.id.begun(),
    }
}

fn session_item<'a>(listed: &'a Listed, why: &str) -> Item<'a> {
    Item {
        name: listed.session.id.to_string(),
        bytes: usage(&listed.session.path),
        thing: Thing::Session(listed),
        goes: true,
        why: why.to_owned(),
    }
}

fn copy_item(copy: &Copy) -> Item<'_> {
    let name = copy.dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let why = match &copy.state {
        CopyState::Over(Fate::Unchanged) => "nothing changed in it".to_owned(),
        CopyState::Over(Fate::Applied) => "its work stands in the tree".to_owned(),
        CopyState::Over(Fate::Merged { branch }) => format!("its work stands in {branch}"),
        CopyState::Gone => "only git's notes of it are there".to_owned(),
        kept => why_kept(kept),
    };
    Item { name, thing: Thing::Copy(copy), bytes: copy.bytes, goes: copy.may_go(), why }
}

fn why_kept(state: &CopyState) -> String {
    match state {
        CopyState::Over(Fate::Open { files }) => {
            let shown: Vec<&str> = files.iter().take(3).map(String::as_str).collect();
            let more = files.len().saturating_sub(shown.len());
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("work that stands nowhere else: {}{more}", shown.join(", "))
        }
        CopyState::InUse => "a process works in it".to_owned(),
        CopyState::Unfinished => "its run can go on".to_owned(),
        CopyState::Unknown(why) => format!("nobody can tell what is in it: {why}"),
        CopyState::Over(_) | CopyState::Gone => String::new(),
    }
}

fn scrap_item(scrap: &Scrap) -> Item<'_> {
    let name = scrap.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let why = "it broke off".to_owned();
    Item { name, thing: Thing::Scrap(scrap), bytes: scrap.bytes, goes: true, why }
}

fn is_of(copy: &Copy, id: &SessionId) -> bool {
    copy.session.as_ref().is_some_and(|session| session.id == *id)
}

fn repository(context: &Context) -> Option<&Repository> {
    match &context.project().place {
        Ok(Place::Repository(repository)) => Some(repository),
        Ok(Place::Outside | Place::Bare { .. } | Place::Unsupported { .. }) | Err(_) => None,
    }
}

/// Copies go before their sessions, which know what they were made of.
fn carry_out(mut items: Vec<Item<'_>>, mode: Mode, context: &Context) -> Result<()> {
    items.sort_by_key(|item| matches!(item.thing, Thing::Session(_)));
    let mut failed = None;
    let mut with_copy = BTreeSet::new();
    for item in items.iter_mut().filter(|item| item.goes && mode == Mode::ForReal) {
        if let Thing::Session(listed) = item.thing
            && with_copy.contains(&listed.session.id)
        {
            item.goes = false;
            "its copy has to stay".clone_into(&mut item.why);
            continue;
        }
        if let Err(fault) = remove(&item.thing, context) {
            if let Thing::Copy(Copy { session: Some(session), .. }) = item.thing {
                with_copy.insert(session.id.clone());
            }
            item.goes = false;
            item.why = fault.to_string();
            failed.get_or_insert(fault);
        }
    }
    let freed = items.iter().filter(|item| item.goes).map(|item| item.bytes).sum();
    let document = || {
        let rows = |goes| items.iter().filter(|item| item.goes == goes).map(row).collect();
        Document {
            dry_run: mode == Mode::DryRun,
            removed: rows(true),
            kept: rows(false),
            bytes_freed: freed,
        }
    };
    context.give(document, |look| lines(&items, mode, look))?;
    let total = Bytes(freed);
    let said = match mode {
        _ if items.iter().all(|item| !item.goes) => "nothing to remove".to_owned(),
        Mode::ForReal => format!("{total} freed"),
        Mode::DryRun => format!("{total} would be freed; nothing was removed"),
    };
    context.printer.say(&context.printer.look().line(Mark::Note, &said));
    failed.map_or(Ok(()), Err)
}

fn remove(thing: &Thing<'_>, context: &Context) -> Result<()> {
    match thing {
        Thing::Session(listed) => listed.session.remove(),
        Thing::Copy(copy) => match repository(context) {
            Some(repository) => copy.remove(repository),
            None => Ok(()),
        },
        Thing::Scrap(scrap) => scrap.remove(),
    }
}

fn row(item: &Item<'_>) -> Row {
    let (kind, path) = match item.thing {
        Thing::Session(listed) => ("session", listed.session.path.clone()),
        Thing::Copy(copy) => ("copy", copy.dir.clone()),
        Thing::Scrap(scrap) => ("scrap", scrap.path.clone()),
    };
    Row { kind, name: item.name.clone(), path, bytes: item.bytes, why: item.why.clone() }
}

fn lines(items: &[Item<'_>], mode: Mode, look: Look) -> String {
    if items.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 5]> = items
        .iter()
        .map(|item| {
            let done = match (item.goes, mode) {
                (true, Mode::ForReal) => "removed",
                (true, Mode::DryRun) => "goes",
                (false, _) => "kept",
            };
            let row = row(item);
            [done.to_owned(), row.kind.to_owned(), row.name, Bytes(row.bytes).to_string(), row.why]
        })
        .collect();
    table(["", "what", "name", "size", "why"], &rows, look)
}
