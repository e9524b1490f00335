//! The Messages API's stream of events, and the whole message for a client that wants no stream.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::Request;
use super::answer::{Answer, Block};

/// The events of an answer in their order, each as the bytes of one server-sent event.
pub(super) fn events(request: &Request, answer: &Answer) -> Vec<Bytes> {
    let mut message = message(request, answer);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"]["output_tokens"] = json!(1);
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (index, block) in answer.blocks.iter().enumerate() {
        let (start, deltas) = block_parts(&tool_id(request, index), block, answer.chunk);
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        events.extend(
            deltas.into_iter().map(
                |delta| json!({"type": "content_block_delta", "index": index, "delta": delta}),
            ),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({
        "type": "message_delta",
        "delta": {"stop_reason": answer.stop_reason(), "stop_sequence": null},
        "usage": {"output_tokens": answer.usage.output},
    }));
    events.push(json!({"type": "message_stop"}));
    events.iter().map(frame).collect()
}

/// The answer as one message.
pub(super) fn message(request: &Request, answer: &Answer) -> Value {
    let usage = &answer.usage;
    let content = answer.blocks.iter().enumerate().map(|(index, block)| match block {
        Block::Text(text) => json!({"type": "text", "text": text}),
        Block::Tool { name, input } => {
            json!({"type": "tool_use", "id": tool_id(request, index), "name": name, "input": input})
        }
    });
    json!({
        "id": format!("msg_{}", request.order),
        "type": "message",
        "role": "assistant",
        "model": request.model(),
        "content": content.collect::<Value>(),
        "stop_reason": answer.stop_reason(),
        "stop_sequence": null,
        "usage": {
            "input_tokens": usage.input.unwrap_or(request.size as u64 / 4),
            "cache_creation_input_tokens": usage.cache_written,
            "cache_read_input_tokens": usage.cache_read,
            "output_tokens": usage.output,
        },
    })
}

/// How a block begins, and what is added to it.
fn block_parts(id: &str, block: &Block, chunk: usize) -> (Value, Vec<Value>) {
    match block {
        Block::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            let pieces = chars.chunks(chunk).map(String::from_iter);
            let deltas = pieces.map(|piece| json!({"type": "text_delta", "text": piece}));
            (json!({"type": "text", "text": ""}), deltas.collect())
        }
        Block::Tool { name, input } => (
            json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            vec![json!({"type": "input_json_delta", "partial_json": input.to_string()})],
        ),
    }
}

/// An id that no other call of this server has.
fn tool_id(request: &Request, index: usize) -> String {
    format!("toolu_{:06}{index:02}", request.order)
}

fn frame(event: &Value) -> Bytes {
    let name = event["type"].as_str().expect("every event has a type");
    format!("event: {name}\ndata: {event}\n\n").into()
}
