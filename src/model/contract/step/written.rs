//! A step as it is written, and how its keys fit together.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::{Argv, Cache, Conversation, Delegate, Each, Join, Leaf, Parse, Route, Step, What};
use crate::model::{
    contract::{Limits, Output, Retry},
    yaml::Spanned,
};

/// A step, or a list of them that is one after another.
#[derive(Clone)]
pub(super) enum Either {
    List(Vec<Spanned<Step>>),
    One(Box<Written>),
}

/// A step as it is written.
#[derive(Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(rename = "OneStep")]
pub(super) struct Written {
    /// Its name.
    id: Option<Spanned<String>>,
    /// The agent follows the section with this heading.
    section: Option<Spanned<String>>,
    /// Another skill runs, with its contract.
    skill: Option<Spanned<String>>,
    /// The agent is given this text; `{{ … }}` puts values into it, fenced.
    prompt: Option<Spanned<String>>,
    /// This program runs; no shell reads it. Each argument may hold `{{ … }}` and stays one.
    run: Option<Spanned<Argv>>,
    /// How the output of `run` is read.
    parse: Option<Parse>,
    /// These steps, one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<Spanned<Step>>>,
    /// These steps, side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel: Option<Vec<Spanned<Step>>>,
    /// The same steps for each of several things, side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Spanned<Each>>,
    /// One of several steps, by a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<Spanned<Route>>,
    /// These steps, until one passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<Vec<Spanned<Step>>>,
    /// One of several skills, as a sub-agent decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    delegate: Option<Spanned<Delegate>>,
    /// How many branches of `parallel` or `each` run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Spanned<u32>>,
    /// Which branches of `parallel` have to pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    join: Option<Join>,
    /// It runs only where this expression is true.
    when: Option<Spanned<String>>,
    /// How often it is tried again.
    retry: Option<Spanned<Retry>>,
    /// Its own limits, inside those of the run.
    limits: Limits,
    /// The JSON Schema that its result must satisfy.
    output: Option<Spanned<Output>>,
    /// Whether it goes on with the conversation of the agent step before it.
    conversation: Option<Conversation>,
    /// An earlier result of the same work stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Spanned<Cache>>,
}

/// Why the keys of a step do not fit together.
pub(super) struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl TryFrom<Either> for Step {
    type Error = Unfit;

    fn try_from(either: Either) -> Result<Self, Unfit> {
        match either {
            Either::List(steps) => Written { steps: Some(steps), ..Written::default() }.try_into(),
            Either::One(written) => (*written).try_into(),
        }
    }
}

impl TryFrom<Written> for Step {
    type Error = Unfit;

    fn try_from(mut written: Written) -> Result<Self, Unfit> {
        if let Some(why) = written.unfit() {
            return Err(Unfit(why));
        }
        let what = written.what()?;
        Ok(Self {
            id: written.id,
            what,
            when: written.when,
            retry: written.retry,
            limits: written.limits,
            output: written.output,
            conversation: written.conversation.unwrap_or_default(),
            cache: written.cache,
        })
    }
}

impl Written {
    /// Keys that say something about another kind of step than this one.
    fn unfit(&self) -> Option<&'static str> {
        let leaf = self.section.is_some()
            || self.skill.is_some()
            || self.prompt.is_some()
            || self.run.is_some();
        let several = [
            (self.parse.is_some() && self.run.is_none(), "`parse` reads the output of `run`"),
            (self.conversation.is_some() && self.run.is_some(), "a command has no conversation"),
            (
                self.skill.is_some()
                    && (self.output.is_some()
                        || self.conversation.is_some()
                        || self.limits != Limits::default()),
                "what a skill gives and may spend stands in its own contract",
            ),
            (
                self.skill.is_some() && self.cache.is_some(),
                "`cache` keeps the result of one call or command, and a skill may be many",
            ),
            (
                self.conversation.is_some() && !leaf,
                "only a step that asks an agent has a `conversation`",
            ),
            (
                self.max.is_some() && self.parallel.is_none() && self.each.is_none(),
                "`max` says how many branches of `parallel` or `each` run at once",
            ),
            (
                self.join.is_some() && self.parallel.is_none(),
                "`join` says which branches of `parallel` have to pass",
            ),
            (
                !leaf && self.limits != Limits::default(),
                "`limits` are those of one call or command: give them to the steps inside",
            ),
            (
                !leaf && self.cache.is_some(),
                "`cache` keeps the result of one call or command: give it to the steps inside",
            ),
            (
                !leaf && self.output.is_some(),
                "`output` is the schema of one call or command: give it to the steps inside",
            ),
        ];
        several.into_iter().find(|(unfit, _)| *unfit).map(|(_, why)| why)
    }

    /// The one thing that it does.
    fn what(&mut self) -> Result<What, Unfit> {
        let (max, join, parse) =
            (self.max.take(), self.join.take().unwrap_or_default(), self.parse.take());
        let mut kinds = [
            self.section.take().map(|title| What::Leaf(Leaf::Section(title))),
            self.skill.take().map(|name| What::Leaf(Leaf::Skill(name))),
            self.prompt.take().map(|text| What::Leaf(Leaf::Prompt(text))),
            self.run.take().map(|argv| What::Leaf(Leaf::Run { argv, parse })),
            self.steps.take().map(What::Sequence),
            self.parallel.take().map(|steps| What::Parallel { steps, max: max.clone(), join }),
            self.each.take().map(|each| What::Each { each: Box::new(each), max: max.clone() }),
            self.route.take().map(|route| What::Route(Box::new(route))),
            self.fallback.take().map(What::Fallback),
            self.delegate.take().map(What::Delegate),
        ]
        .into_iter()
        .flatten();
        match (kinds.next(), kinds.next()) {
            (Some(what), None) => Ok(what),
            (Some(_), Some(_)) | (None, _) => Err(Unfit(
                "a step has one of `section`, `skill`, `prompt`, `run`, `steps`, `parallel`, \
                 `each`, `route`, `fallback`, `delegate`",
            )),
        }
    }
}

impl From<Step> for Either {
    fn from(step: Step) -> Self {
        let agent = step.is_agent();
        let mut written = Written {
            id: step.id,
            when: step.when,
            retry: step.retry,
            limits: step.limits,
            output: step.output,
            conversation: agent.then_some(step.conversation),
            cache: step.cache,
            ..Written::default()
        };
        match step.what {
            What::Leaf(Leaf::Section(title)) => written.section = Some(title),
            What::Leaf(Leaf::Skill(name)) => written.skill = Some(name),
            What::Leaf(Leaf::Prompt(text)) => written.prompt = Some(text),
            What::Leaf(Leaf::Run { argv, parse }) => {
                (written.run, written.parse) = (Some(argv), parse);
            }
            What::Sequence(steps) => written.steps = Some(steps),
            What::Parallel { steps, max, join } => {
                (written.parallel, written.max) = (Some(steps), max);
                written.join = Some(join);
            }
            What::Each { each, max } => (written.each, written.max) = (Some(*each), max),
            What::Route(route) => written.route = Some(*route),
            What::Fallback(steps) => written.fallback = Some(steps),
            What::Delegate(delegate) => written.delegate = Some(delegate),
        }
        Self::One(Box::new(written))
    }
}

impl Serialize for Either {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(steps) => steps.serialize(serializer),
            Self::One(written) => written.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Either {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both;

        impl<'de> Visitor<'de> for Both {
            type Value = Either;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a step, or a list of steps")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Either, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Either::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Either, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Either::One(Box::new(written)))
            }
        }

        deserializer.deserialize_any(Both)
    }
}

impl schemars::JsonSchema for Either {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<Written>();
        let list = generator.subschema_for::<Vec<Spanned<Step>>>();
        schemars::json_schema!({
            "description": "a step, or a list of steps that run one after another",
            "anyOf": [one, list]
        })
    }
}
