//! One file's part in what a user, a repository and a contract all can say.

use std::ops::Range;

use super::{Config, Layers};
use crate::model::{
    Spot,
    contract::{Agent, Contract, Hook, Isolation, Limits, Load, Require, Retry},
    sourced::{Source, Sourced},
    yaml::{Document, Named, Spanned},
};

/// One layer that is a file.
pub(super) struct View<'a> {
    pub(super) rank: Rank,
    place: Place<'a>,
    pub(super) limits: &'a Limits,
    pub(super) hooks: &'a Named<Hook>,
    pub(super) agent: &'a Agent,
    pub(super) require: Option<&'a Spanned<Require>>,
    pub(super) retry: Option<&'a Spanned<Retry>>,
    pub(super) isolation: Option<&'a Spanned<Isolation>>,
    pub(super) load: Option<&'a Spanned<Load>>,
    pub(super) env: Option<&'a Spanned<Vec<Spanned<String>>>>,
}

/// Whose file it is, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    User,
    Project,
    Contract,
}

enum Place<'a> {
    Config(&'a Document<Config>),
    Contract(&'a Document<Contract>),
}

/// The files of these layers, lowest first.
pub(super) fn views<'a>(layers: &Layers<'a>) -> Vec<View<'a>> {
    let user = layers.user.map(|document| config_view(Rank::User, document));
    let project = layers.project.map(|document| config_view(Rank::Project, document));
    let contract = layers.contract.map(contract_view);
    [user, project, contract].into_iter().flatten().collect()
}

/// What the highest of the files says, with the line that it stands in.
pub(super) fn latest<'a, T: Clone + 'a>(
    views: &[View<'a>],
    get: impl Fn(&View<'a>) -> Option<&'a Spanned<T>>,
) -> Option<Sourced<T>> {
    views.iter().rev().find_map(|view| get(view).map(|value| view.sourced(value)))
}

impl View<'_> {
    /// The source of something at these bytes of the file.
    pub(super) fn source(&self, span: &Range<usize>) -> Source {
        let (path, line) = match self.place {
            Place::Config(document) => (document.path.clone(), document.line(span)),
            Place::Contract(document) => (document.path.clone(), document.line(span)),
        };
        match self.rank {
            Rank::User => Source::User(path, line),
            Rank::Project => Source::Project(path, line),
            Rank::Contract => Source::Contract(path, line),
        }
    }

    /// The value with the line that it stands in.
    pub(super) fn sourced<T: Clone>(&self, value: &Spanned<T>) -> Sourced<T> {
        Sourced::new(value.value.clone(), self.source(&value.span))
    }

    /// A spot in the file.
    pub(super) fn spot(&self, span: &Range<usize>, message: impl Into<String>) -> Spot {
        match self.place {
            Place::Config(document) => document.spot(span, message),
            Place::Contract(document) => document.spot(span, message),
        }
    }
}

fn config_view(rank: Rank, document: &Document<Config>) -> View<'_> {
    let config = &document.value;
    View {
        rank,
        place: Place::Config(document),
        limits: &config.limits,
        hooks: &config.hooks,
        agent: &config.agent,
        require: config.require.as_ref(),
        retry: config.retry.as_ref(),
        isolation: config.isolation.as_ref(),
        load: config.load.as_ref(),
        env: config.env.as_ref(),
    }
}

fn contract_view(document: &Document<Contract>) -> View<'_> {
    let contract = &document.value;
    View {
        rank: Rank::Contract,
        place: Place::Contract(document),
        limits: &contract.limits,
        hooks: &contract.hooks,
        agent: &contract.agent,
        require: contract.require.as_ref(),
        retry: contract.retry.as_ref(),
        isolation: contract.isolation.as_ref(),
        load: contract.load.as_ref(),
        env: contract.env.as_ref(),
    }
}
