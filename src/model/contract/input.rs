//! What a skill is given.

use serde::{Deserialize, Serialize};

use crate::model::yaml::Spanned;

/// One input of a skill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Input {
    /// What it must be.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// What it is where nobody gives it.
    pub default: Option<Spanned<String>>,
    /// Whether it must be given.
    pub required: Spanned<bool>,
    /// What it means, for help.
    pub description: Option<String>,
    /// What it may be, for an enum.
    pub values: Option<Spanned<Vec<String>>>,
}

/// What an input must be.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// Any text.
    #[default]
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A path that exists.
    Path,
    /// One of `values`.
    Enum,
}

impl Input {
    /// Why this text is no value of the input, or nothing.
    ///
    /// A path is any text here: whether it exists is for those to ask who may look.
    pub fn objection(&self, text: &str) -> Option<String> {
        match self.kind {
            InputType::String | InputType::Path => None,
            InputType::Number => {
                let number = text.trim().parse::<f64>().is_ok_and(f64::is_finite);
                (!number).then(|| format!("`{text}` is no number"))
            }
            InputType::Boolean => {
                let boolean = matches!(text, "true" | "false");
                (!boolean).then(|| format!("`{text}` is neither `true` nor `false`"))
            }
            InputType::Enum => {
                let values = self.values.as_ref().map_or(&[][..], |values| &values.value);
                let known = values.iter().any(|value| value == text);
                (!known).then(|| {
                    let names: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
                    format!("`{text}` is none of {}", names.join(", "))
                })
            }
        }
    }
}
