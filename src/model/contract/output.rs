//! What must be there before, what is shown to the agent, and what must come out.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::model::yaml::Spanned;

/// What must be there before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Requires {
    /// Files of the repository.
    pub files: Vec<Spanned<String>>,
    /// Programs in PATH.
    pub commands: Vec<Spanned<String>>,
    /// Environment variables that are set.
    pub env: Vec<Spanned<String>>,
    /// Facts of `given` that are not empty, such as `staged`.
    pub given: Vec<Spanned<Fact>>,
}

/// A fact of the repository that is put before the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fact {
    /// What differs from where this line of work began: from the input `base` where the contract
    /// has one, else from the last commit.
    Diff,
    /// What is staged.
    Staged,
    /// Which files differ.
    Status,
    /// The commits since the input `base` where the contract has one and it is said, else since the
    /// last tag, else all.
    Commits,
    /// What the pre hooks said.
    Hooks,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Diff => "diff",
            Self::Staged => "staged",
            Self::Status => "status",
            Self::Commits => "commits",
            Self::Hooks => "hooks",
        })
    }
}

/// The JSON Schema that a result must satisfy.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A file in the skill's folder.
    File(String),
    /// The schema itself.
    Schema(serde_json::Value),
}

/// Whether a schema is about a text: the answer itself is held against it, and claude is not asked
/// to fill in a form. Prose that goes into a file or to another program needs bounds too.
pub fn is_prose(schema: &serde_json::Value) -> bool {
    schema.get("type").is_some_and(|of| of == "string")
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File(path) => path.serialize(serializer),
            Self::Schema(schema) => schema.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Output;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a JSON Schema in the skill's folder, or the schema itself")
            }

            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Output, E> {
                let path = path.trim();
                let leaves = path.split(['/', '\\']).any(|part| part == "..");
                if path.is_empty() || path.starts_with('/') || leaves || path.contains('\0') {
                    return Err(E::custom("a schema file lies in the skill's own folder"));
                }
                Ok(Output::File(path.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Output, A::Error> {
                serde_json::Value::deserialize(MapAccessDeserializer::new(map)).map(Output::Schema)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl schemars::JsonSchema for Output {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Output".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "object"],
            "description": "a JSON Schema: a file in the skill's folder, or the schema itself"
        })
    }
}
