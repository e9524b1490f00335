//! A serde deserializer over the tree: typed reading that knows where it is.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{
    SPANNED,
    problem::{Kind, Problem},
    tree::{Entry, Item, Node, Scalar, Value},
};

/// Reads one node of the tree.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    pub(super) node: &'de Node,
    /// The whole file, for the text that a scalar was written in.
    pub(super) source: &'de str,
}

impl<'de> Reader<'de> {
    fn inner(self, node: &'de Node) -> Self {
        Self { node, ..self }
    }

    fn any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.value {
            Value::Scalar(Scalar::Null) => visitor.visit_unit(),
            Value::Scalar(Scalar::Bool(value)) => visitor.visit_bool(*value),
            Value::Scalar(Scalar::Unsigned(value)) => visitor.visit_u64(*value),
            Value::Scalar(Scalar::Signed(value)) => visitor.visit_i64(*value),
            Value::Scalar(Scalar::Float(value)) => visitor.visit_f64(*value),
            Value::Scalar(Scalar::Text(text)) => visitor.visit_borrowed_str(text),
            Value::List(items) => self.list(items, visitor),
            Value::Map(entries) => self.map(entries, visitor),
        }
    }

    fn list<V: Visitor<'de>>(self, items: &'de [Item], visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_seq(List { reader: self, items, next: 0 })
    }

    fn map<V: Visitor<'de>>(self, entries: &'de [Entry], visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(Map { reader: self, entries, next: 0 })
    }

    /// Where text is wanted, `1.10` and `yes` are the text that was written.
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.value {
            Value::Scalar(Scalar::Null | Scalar::Text(_)) | Value::List(_) | Value::Map(_) => {
                self.any(visitor)
            }
            Value::Scalar(_) => match self.source.get(self.node.span.clone()) {
                Some(written) => visitor.visit_borrowed_str(written),
                None => self.any(visitor),
            },
        }
    }
}

/// Every method places the faults that come out of it, so the innermost place wins.
impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.any(visitor).map_err(|problem| problem.or_at(&self.node.span))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.text(visitor).map_err(|problem| problem.or_at(&self.node.span))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            Value::Scalar(Scalar::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A key whose list was commented out (`env:` and nothing more) holds no elements.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            Value::Scalar(Scalar::Null) => self.list(&[], visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            Value::Scalar(Scalar::Null) => self.map(&[], visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if let Value::List(_) = self.node.value {
            // Derived structs would also take a list of their fields in order.
            let problem = Problem::invalid_type(Unexpected::Seq, &"keys with values");
            return Err(problem.or_at(&self.node.span));
        }
        self.deserialize_map(visitor).map_err(|problem| problem.or_at(&self.node.span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let read = if name == SPANNED {
            visitor.visit_seq(WithSpan { reader: self, part: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        };
        read.map_err(|problem| problem.or_at(&self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(Choice(self)).map_err(|problem| problem.or_at(&self.node.span))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct tuple tuple_struct
    }
}

struct List<'de> {
    reader: Reader<'de>,
    items: &'de [Item],
    next: usize,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        while let Some(item) = self.items.get(self.next) {
            let index = self.next;
            self.next += 1;
            if !item.dropped {
                let read = seed.deserialize(self.reader.inner(&item.node));
                return read.map(Some).map_err(|problem| problem.inside(index));
            }
        }
        Ok(None)
    }
}

struct Map<'de> {
    reader: Reader<'de>,
    entries: &'de [Entry],
    next: usize,
}

impl<'de> Map<'de> {
    fn current(&self) -> Option<&'de Entry> {
        self.entries.get(self.next)
    }
}

impl<'de> MapAccess<'de> for Map<'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        while self.current().is_some_and(|entry| entry.dropped) {
            self.next += 1;
        }
        let Some(entry) = self.current() else { return Ok(None) };
        seed.deserialize(KeyReader(entry))
            .map(Some)
            .map_err(|problem| problem.or_at(&entry.key_span).inside(self.next))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let entry = self.current().expect("serde asks for a value only after its key");
        let index = self.next;
        self.next += 1;
        seed.deserialize(self.reader.inner(&entry.node)).map_err(|mut problem| {
            // The whole of a map can be many lines and an absent value has none: its key is
            // one word.
            let whole = problem.kind == Kind::Whole && is_map(&entry.node);
            if problem.path.is_empty() && (whole || entry.node.span.is_empty()) {
                problem.at = Some(entry.key_span.clone());
            }
            problem.inside(index)
        })
    }
}

fn is_map(node: &Node) -> bool {
    matches!(node.value, Value::Map(_) | Value::Scalar(Scalar::Null))
}

/// Reads a key, as text or as text with its bytes.
struct KeyReader<'de>(&'de Entry);

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_borrowed_str(&self.0.key)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if name == SPANNED {
            visitor.visit_seq(KeyWithSpan { entry: self.0, part: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// What [`super::Spanned`] reads: start, end, value.
struct WithSpan<'de> {
    reader: Reader<'de>,
    part: u8,
}

impl<'de> SeqAccess<'de> for WithSpan<'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        self.part += 1;
        match self.part {
            1 => seed.deserialize(self.reader.node.span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(self.reader.node.span.end.into_deserializer()).map(Some),
            3 => seed.deserialize(self.reader).map(Some),
            _ => Ok(None),
        }
    }
}

struct KeyWithSpan<'de> {
    entry: &'de Entry,
    part: u8,
}

impl<'de> SeqAccess<'de> for KeyWithSpan<'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        self.part += 1;
        match self.part {
            1 => seed.deserialize(self.entry.key_span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(self.entry.key_span.end.into_deserializer()).map(Some),
            3 => seed.deserialize(KeyReader(self.entry)).map(Some),
            _ => Ok(None),
        }
    }
}

/// A name out of a fixed set; atlas's formats have no variants that hold values.
struct Choice<'de>(Reader<'de>);

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Problem;
    type Variant = NoContent;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, NoContent), Problem> {
        seed.deserialize(self.0).map(|variant| (variant, NoContent))
    }
}

struct NoContent;

impl<'de> serde::de::VariantAccess<'de> for NoContent {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Problem> {
        Err(serde::de::Error::custom("this name takes no value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Problem> {
        Err(serde::de::Error::custom("this name takes no value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Problem> {
        Err(serde::de::Error::custom("this name takes no value"))
    }
}
