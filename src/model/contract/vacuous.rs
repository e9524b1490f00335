//! Schemas that accept everything.

use serde_json::{Map, Value};

use super::is_prose;

/// Every type that JSON has; `integer` is a part of `number`.
const TYPES: [&str; 6] = ["array", "boolean", "null", "number", "object", "string"];

/// Whether every output satisfies the schema, as far as its text shows: it says nothing, only
/// describes, or demands what always holds. One about a text demands nothing by saying so.
pub fn proves_nothing(schema: &Value) -> bool {
    match schema {
        Value::Object(keywords) if is_prose(schema) => {
            let mut others = keywords.iter().filter(|(key, _)| *key != "type");
            others.all(|(key, value)| demands_nothing(key, value))
        }
        _ => accepts_everything(schema),
    }
}

fn accepts_everything(schema: &Value) -> bool {
    match schema {
        Value::Bool(accepts) => *accepts,
        Value::Object(keywords) => keywords.iter().all(|(key, value)| demands_nothing(key, value)),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn demands_nothing(key: &str, value: &Value) -> bool {
    match key {
        "$schema" | "$id" | "$anchor" | "$comment" | "$defs" | "definitions" | "title"
        | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly"
        // These judge only beside another keyword, which is looked at itself.
        | "then" | "else" | "minContains" | "maxContains" => true,
        "type" => is_any_type(value),
        "minLength" | "minItems" | "minProperties" => value.as_f64() == Some(0.0),
        "uniqueItems" => value == &Value::Bool(false),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "properties" | "patternProperties" | "dependentSchemas" => {
            value.as_object().is_some_and(|schemas| schemas.values().all(accepts_everything))
        }
        "additionalProperties" | "unevaluatedProperties" | "propertyNames" | "items"
        | "additionalItems" | "unevaluatedItems" => accepts_everything(value),
        "allOf" | "prefixItems" => each(value, |schemas| schemas.iter().all(accepts_everything)),
        "anyOf" => each(value, |schemas| schemas.iter().any(accepts_everything)),
        "not" => accepts_nothing(value),
        _ => false,
    }
}

fn each(value: &Value, holds: impl FnOnce(&[Value]) -> bool) -> bool {
    value.as_array().is_some_and(|schemas| holds(schemas))
}

fn accepts_nothing(schema: &Value) -> bool {
    let negates =
        |keywords: &Map<String, Value>| keywords.get("not").is_some_and(accepts_everything);
    schema == &Value::Bool(false) || schema.as_object().is_some_and(negates)
}

fn is_any_type(value: &Value) -> bool {
    let Some(listed) = value.as_array() else { return false };
    TYPES.iter().all(|name| listed.iter().any(|listed| listed == name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_that_prove_nothing() {
        let vacuous = [
            json!({}),
            json!(true),
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "anything"}),
            json!({"type": ["null", "boolean", "object", "array", "number", "string", "integer"]}),
            json!({"properties": {"a": {}, "b": {"description": "b"}}, "required": []}),
            json!({"allOf": [{}, true]}),
            json!({"anyOf": [{"type": "string"}, {}]}),
            json!({"not": false}),
            json!({"not": {"not": {}}}),
            json!({"type": "string", "description": "a text"}),
            json!({"minLength": 0, "items": {}, "additionalProperties": true}),
        ];
        for schema in vacuous {
            assert!(proves_nothing(&schema), "{schema}");
        }
        let demanding = [
            json!(false),
            json!({"type": "object"}),
            json!({"type": ["string", "null"]}),
            json!({"required": ["a"]}),
            json!({"properties": {"a": {"type": "string"}}}),
            json!({"minLength": 1}),
            json!({"type": "string", "pattern": "^a"}),
            json!({"anyOf": [{"type": "string"}]}),
            json!({"not": {}}),
            json!({"const": null}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {}}}),
            json!({"a-keyword-of-tomorrow": 1}),
        ];
        for schema in demanding {
            assert!(!proves_nothing(&schema), "{schema}");
        }
    }
}
