//! How things stand with many subjects at once, for a list: nothing is hashed that nobody trusted.

use std::{collections::HashSet, path::PathBuf};

use super::{Asking, Party, TrustStore, Verdict, Whose, Why, judge};
use crate::model::Result;

/// How a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A person trusts it as it is.
    Trusted,
    /// It is not what a person trusted.
    Changed,
    /// Nobody trusts it.
    Untrusted,
}

/// What is needed to tell.
#[derive(Debug)]
pub struct Standings<'a> {
    store: &'a TrustStore,
    asking: &'a Asking<'a>,
    known: HashSet<PathBuf>,
}

impl<'a> Standings<'a> {
    /// Reads which folders a person ever trusted.
    ///
    /// # Errors
    /// The answers cannot be listed.
    pub fn new(store: &'a TrustStore, asking: &'a Asking<'a>) -> Result<Self> {
        let known = store.list()?.iter().map(super::Record::root).collect();
        Ok(Self { store, asking, known })
    }

    /// How a subject stands; one of which nobody can tell is not trusted.
    pub fn of(&self, whose: Whose<'_>) -> Standing {
        let may_be = match whose {
            // It may have its answer from its main checkout.
            Whose::Repository { .. } => !self.known.is_empty(),
            Whose::Skill(dir) => dir.canonicalize().is_ok_and(|dir| self.known.contains(&dir)),
        };
        if !may_be && self.asking.always.is_empty() {
            return Standing::Untrusted;
        }
        let subject = Party::look(whose).subject;
        match subject.and_then(|subject| judge(&subject, self.store, self.asking)) {
            Ok(Verdict::Trusted(_) | Verdict::NothingToTrust) => Standing::Trusted,
            Ok(Verdict::Untrusted(Why::Changed(_) | Why::Replaced)) => Standing::Changed,
            Ok(Verdict::Untrusted(Why::New | Why::Shared(_))) | Err(_) => Standing::Untrusted,
        }
    }
}
