//! The HTTP side: takes requests, asks the rules, plays the answer.

use std::collections::VecDeque;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::oneshot;

use super::answer::{Answer, Crowd};
use super::log::Ticket;
use super::{Gate, Log, Request, Rule, sse};

/// A socket on a free loopback port.
pub(super) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.set_nonblocking(true).expect("a socket can be made non-blocking");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    (listener, port)
}

/// Serves until `stopped`; leaving drops the runtime and with it every open connection.
pub(super) fn serve(
    listener: TcpListener,
    rules: Vec<Rule>,
    log: Arc<Log>,
    stopped: oneshot::Receiver<()>,
) {
    let script = Arc::new(Script { rules: Mutex::new(rules), log });
    let router =
        Router::new().fallback(handle).layer(DefaultBodyLimit::disable()).with_state(script);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
        tokio::select! {
            served = axum::serve(listener, router) => served.expect("serving never ends by itself"),
            _ = stopped => {}
        }
    });
}

/// Adds headers to a response that is made already.
pub(super) fn add_headers(
    response: &mut Response,
    headers: impl IntoIterator<Item = (&'static str, String)>,
) {
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("a rule's header value is plain text");
        response.headers_mut().insert(name, value);
    }
}

struct Script {
    rules: Mutex<Vec<Rule>>,
    log: Arc<Log>,
}

impl Script {
    /// The first rule that holds answers; its number says which it was.
    fn pick(&self, request: &Request) -> (Option<usize>, Answer) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = rules.iter_mut().map(|rule| rule.take(request)).enumerate();
        let picked = found.find_map(|(number, answer)| Some((Some(number), answer?)));
        picked.unwrap_or_else(|| (None, Answer::unforeseen()))
    }
}

async fn handle(
    State(script): State<Arc<Script>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let session = headers.get("x-claude-code-session-id").and_then(|id| id.to_str().ok());
    let request = Request {
        order: 0,
        method: method.to_string(),
        path: uri.to_string(),
        session: session.map(str::to_owned),
        size: body.len(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    if !request.is_message() {
        let response = aside(&request);
        script.log.add(request, None).answered();
        return response;
    }
    let (rule, answer) = script.pick(&request);
    respond(answer, script.log.add(request, rule)).await
}

/// Requests beside the conversation: a probe, a token count, anything unknown.
fn aside(request: &Request) -> Response {
    match request.method.as_str() {
        "HEAD" => StatusCode::OK.into_response(),
        "POST" if request.path.contains("count_tokens") => {
            axum::Json(json!({"input_tokens": request.size / 4})).into_response()
        }
        _ => super::Failure::new(404, "not_found_error", &request.path).response(),
    }
}

async fn respond(answer: Answer, mut ticket: Ticket) -> Response {
    let request = Arc::clone(&ticket.request);
    let place = answer.crowd.as_ref().map(Crowd::enter);
    if matches!(place, Some(None)) {
        ticket.answered();
        return super::Failure::rate_limited().response();
    }
    if let Some(gate) = &answer.held {
        gate.pass().await;
    }
    if !answer.takes.is_zero() {
        tokio::time::sleep(answer.takes).await;
    }
    drop(place);
    let headers = answer.headers.clone();
    let mut response = if let Some(failure) = &answer.failure {
        ticket.answered();
        failure.response()
    } else if request.is_streamed() {
        let events = sse::events(&request, &answer);
        let player = Player::new(events, answer.held_after, answer.cut_after, ticket);
        player.response("text/event-stream")
    } else {
        // A message that is not streamed is one event, held and cut before it: claude asks for such
        // a one when a stream was cut.
        let message = sse::message(&request, &answer).to_string().into();
        let held = answer.held_after.map(|(_, gate)| (0, gate));
        let player = Player::new(vec![message], held, answer.cut_after.map(|_| 0), ticket);
        player.response("application/json")
    };
    add_headers(&mut response, headers);
    response
}

/// Sends one answer event by event, with its holds and its cut.
struct Player {
    events: VecDeque<Bytes>,
    n_sent: usize,
    held_after: Option<(usize, Gate)>,
    cut_after: Option<usize>,
    ticket: Ticket,
}

impl Player {
    fn new(
        events: Vec<Bytes>,
        held_after: Option<(usize, Gate)>,
        cut_after: Option<usize>,
        ticket: Ticket,
    ) -> Self {
        Self { events: events.into(), n_sent: 0, held_after, cut_after, ticket }
    }

    fn response(self, content_type: &'static str) -> Response {
        let body = Body::from_stream(stream::unfold(self, Self::step));
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    }

    /// The next event; an error makes the server close the connection without ending the body.
    async fn step(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if let Some((n, gate)) = &self.held_after
            && *n == self.n_sent
        {
            gate.pass().await;
        }
        if self.cut_after == Some(self.n_sent) {
            // The error would throw away what the server has not flushed yet.
            tokio::task::yield_now().await;
            self.ticket.answered();
            return Some((Err(io::ErrorKind::ConnectionAborted.into()), self));
        }
        let Some(event) = self.events.pop_front() else {
            self.ticket.answered();
            return None;
        };
        self.n_sent += 1;
        Some((Ok(event), self))
    }
}
