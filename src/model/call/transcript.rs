//! What was said in a conversation, read back from claude's stream: for a person to read, never to
//! decide by. [`super::stream`] reads the same lines for what decisions need.

use serde::Serialize;
use serde_json::Value;

/// One thing that somebody said or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// Who.
    pub who: Who,
    /// What it is, in a few words: the tool and what it works on; empty for plain text.
    pub title: String,
    /// The words.
    pub text: String,
    /// Whether a tool was refused or failed.
    pub failed: bool,
}

/// Who says something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The model, in words.
    Agent,
    /// The model, before it speaks.
    Thought,
    /// The model, calling a tool.
    Call,
    /// A tool, answering.
    Tool,
    /// claude itself: an error, or the end.
    Claude,
}

/// The turns of a stream, in order. Lines that are none are passed over; pieces of an answer are,
/// too, for the whole answer follows them.
pub fn transcript(stream: &[u8]) -> Vec<Turn> {
    let lines = stream.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    messages.flat_map(|message| turns(&message)).collect()
}

fn turns(message: &Value) -> Vec<Turn> {
    match message["type"].as_str() {
        Some("assistant") => blocks(message).iter().filter_map(said).collect(),
        Some("user") => blocks(message).iter().filter_map(answered).collect(),
        Some("system") if message["subtype"] == "api_retry" => {
            let status = message["error_status"].as_u64();
            let status = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
            vec![turn(Who::Claude, "asks again", format!("the service did not answer{status}"))]
        }
        Some("result") if message["is_error"] == true => {
            let why = message["result"].as_str().or(message["subtype"].as_str());
            vec![Turn { failed: true, ..turn(Who::Claude, "ended", why.unwrap_or_default()) }]
        }
        _ => Vec::new(),
    }
}

fn blocks(message: &Value) -> &[Value] {
    message["message"]["content"].as_array().map_or(&[], Vec::as_slice)
}

fn said(block: &Value) -> Option<Turn> {
    let text = |key: &str| block[key].as_str().filter(|text| !text.trim().is_empty());
    match block["type"].as_str()? {
        "text" => Some(turn(Who::Agent, "", text("text")?)),
        "thinking" => Some(turn(Who::Thought, "", text("thinking")?)),
        "tool_use" => {
            let input = &block["input"];
            let words = serde_json::to_string_pretty(input).unwrap_or_default();
            Some(turn(Who::Call, text("name").unwrap_or("a tool"), words))
        }
        _ => None,
    }
}

fn answered(block: &Value) -> Option<Turn> {
    if block["type"] != "tool_result" {
        return None;
    }
    let words = match &block["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    };
    Some(Turn { failed: block["is_error"] == true, ..turn(Who::Tool, "", words) })
}

fn turn(who: Who, title: impl Into<String>, text: impl Into<String>) -> Turn {
    Turn { who, title: title.into(), text: text.into(), failed: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_in_order() {
        let stream = br#"{"type":"system","subtype":"init","tools":[]}
no line
{"type":"stream_event","event":{"type":"content_block_delta","delta":{"text":"Hel"}}}
{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"Hello."},{"type":"tool_use","name":"Read","input":{"file_path":"a.py"}},{"type":"text","text":" "}]}}
{"type":"user","message":{"content":[{"type":"tool_result","content":[{"type":"text","text":"x = 1"}]},{"type":"tool_result","is_error":true,"content":"denied"}]}}
{"type":"system","subtype":"api_retry","error_status":529}
{"type":"result","is_error":false,"result":"Hello."}
{"type":"result","is_error":true,"subtype":"error_max_turns"}
{"type":"assistant","message":"#;
        let failed = |turn: Turn| Turn { failed: true, ..turn };
        assert_eq!(
            transcript(stream),
            [
                turn(Who::Thought, "", "Hm."),
                turn(Who::Agent, "", "Hello."),
                turn(Who::Call, "Read", "{\n  \"file_path\": \"a.py\"\n}"),
                turn(Who::Tool, "", "x = 1"),
                failed(turn(Who::Tool, "", "denied")),
                turn(Who::Claude, "asks again", "the service did not answer (HTTP 529)"),
                failed(turn(Who::Claude, "ended", "error_max_turns")),
            ]
        );
    }
}
