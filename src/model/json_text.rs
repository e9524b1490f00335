//! JSON as a person wrote it: where everything stands, so that one part can be changed and all else
//! stays as it is, down to the blanks and the comments.
//!
//! This is for files of other programs. What only has to be read is read by `serde_json`.

mod edit;
mod scan;

use std::ops::Range;

pub use edit::{insert_item, insert_member, remove_item, remove_member};
pub use scan::{NotJson, parse};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An object, with its members in the file's order.
    Object(Vec<Member>),
    /// An array.
    Array(Vec<Node>),
    /// A text, with its escapes resolved.
    Text(String),
    /// A number, `true`, `false` or `null`.
    Plain,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub key: String,
    /// Where the name begins.
    pub start: usize,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The last member of that name, which is the one that counts.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().rfind(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            Kind::Array(_) | Kind::Text(_) | Kind::Plain => &[],
        }
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            Kind::Object(_) | Kind::Text(_) | Kind::Plain => &[],
        }
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Object(_) | Kind::Array(_) | Kind::Plain => None,
        }
    }

    /// Where each part of an object or an array begins and ends.
    fn parts(&self) -> Vec<Range<usize>> {
        match &self.kind {
            Kind::Object(members) => {
                members.iter().map(|member| member.start..member.value.span.end).collect()
            }
            Kind::Array(items) => items.iter().map(|item| item.span.clone()).collect(),
            Kind::Text(_) | Kind::Plain => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
