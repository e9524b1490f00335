//! Answers that are errors.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// An error as the Messages API words it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: u16,
    kind: &'static str,
    message: String,
    retry_after: Option<u32>,
}

impl Failure {
    /// Any error: HTTP status, the API's name for it, and its sentence.
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), retry_after: None }
    }

    /// 401: the key is wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "authentication_error", "invalid x-api-key")
    }

    /// 403: the key may not do this.
    pub(crate) fn forbidden() -> Self {
        Self::new(403, "permission_error", "your key may not use this model")
    }

    /// 429: too many requests; a plan's used-up quota is [`super::Quota`] instead.
    pub(crate) fn rate_limited() -> Self {
        Self::new(429, "rate_limit_error", "too many requests")
    }

    /// 529: the API has no room.
    pub(crate) fn overloaded() -> Self {
        Self::new(529, "overloaded_error", "Overloaded")
    }

    /// 400: the conversation is longer than the model's context.
    pub(crate) fn prompt_too_long() -> Self {
        let sentence = "prompt is too long: 1000001 tokens > 1000000 maximum";
        Self::new(400, "invalid_request_error", sentence)
    }

    /// Asks the client to come again after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn response(&self) -> Response {
        let Self { status, kind, message, retry_after } = self;
        let body = json!({"type": "error", "error": {"type": kind, "message": message}});
        let status = StatusCode::from_u16(*status).expect("a rule names a real HTTP status");
        let headers = retry_after.map(|seconds| [("retry-after", seconds.to_string())]);
        let mut response = (status, axum::Json(body)).into_response();
        super::server::add_headers(&mut response, headers.into_iter().flatten());
        response
    }
}
