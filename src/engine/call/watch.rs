//! Watches a call: feeds it, reads it line by line, runs its clocks, ends it.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, timeout};

use super::{Order, clocks::Clocks, files::CallFiles, source::Source};
use crate::{
    engine::{leftovers, site::Site, unit::Line},
    model::{
        Activity,
        call::{
            CallEnd, LimitKind, Meter,
            stream::{Message, Retry},
        },
        prompt,
        run::Event,
        value::Tokens,
    },
    sys::{
        capture::{Drain, KEEP_BYTES},
        pause::sleep_awake,
        process::{Exit, Feed, Group},
        signals::Stop,
    },
};

/// How long something that claude started may hold its stdout after claude is gone.
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// How much of the newest text is shown.
const WORDS: usize = 60;

/// Everything that was seen of a call.
pub(super) struct Seen {
    pub(super) end: CallEnd,
    pub(super) meter: Meter,
    pub(super) stderr: String,
    pub(super) warnings: Vec<String>,
    pub(super) started: Instant,
}

/// Runs the call to its end; nothing of it is left afterwards.
pub(super) async fn watch(
    site: &Site,
    line: &Line,
    order: &Order,
    mut group: Group,
    files: &CallFiles,
) -> Seen {
    let started = Instant::now();
    let _writes = order.step.agent.may_write().then(|| site.writers.one());
    let mut feed = Feed::new(group.take_stdin(), prompt::stdin(&files.prompt));
    let mut stderr = Drain::new(group.take_stderr(), KEEP_BYTES);
    let mut reading = Reading {
        site,
        line,
        order,
        source: Source::new(group.take_stdout(), files),
        meter: Meter::default(),
        clocks: Clocks::new(&site.plan.limits, &order.step.limits),
        words: String::new(),
    };
    // All three pipes move at once, or a long prompt and a chatty claude wait for each other.
    let sides = async {
        while feed.is_open() || stderr.is_open() {
            tokio::select! {
                () = feed.more(), if feed.is_open() => {}
                () = stderr.more(), if stderr.is_open() => {}
            }
        }
    };
    let end = alongside(reading.until_end(&mut group), sides).await;
    // claude's last words on stderr may still be in the pipe, and they say why it ended.
    let last_words = async {
        while stderr.is_open() {
            stderr.more().await;
        }
    };
    let _held_by_something_else = timeout(LEAK_GRACE, last_words).await;
    let mut warnings = reading.source.finish();
    warnings.extend(leftovers(site, order).await);
    if let Some(warden) = site.warden.borrow_mut().as_mut() {
        // A warden that is gone has nothing to let go of.
        let _gone = warden.release(group.id().pid);
    }
    Seen { end, meter: reading.meter, stderr: stderr.into_capture().text(), warnings, started }
}

/// The result of `main`, with `side` under way as long as it has something to do.
async fn alongside<T, S>(main: impl Future<Output = T>, side: impl Future<Output = S>) -> T {
    let mut main = pin!(main);
    let side = async {
        side.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = &mut main => result,
        () = side => unreachable!("the side never ends"),
    }
}

/// Commands of the agent are sessions of their own and outlive claude when it is killed. Where the
/// whole run ends, one sweep for all its calls follows, so that many of them are not looked for one
/// by one.
async fn leftovers(site: &Site, order: &Order) -> Option<String> {
    if *site.stop.borrow() != Stop::Running {
        return None;
    }
    let cookie = site.cookie(&order.unit());
    let count = leftovers::end(cookie, site.plan.limits.grace.0, site.stop.clone()).await;
    (count > 0).then(|| format!("{count} processes outlived the call and were ended"))
}

/// How reading came to its end.
enum Over {
    /// claude is gone.
    Gone(Exit),
    /// It has to be ended, for this reason.
    EndIt(CallEnd),
}

/// The stream being read.
struct Reading<'a> {
    site: &'a Site,
    line: &'a Line,
    order: &'a Order,
    source: Source,
    meter: Meter,
    clocks: Clocks,
    words: String,
}

impl Reading<'_> {
    async fn until_end(&mut self, group: &mut Group) -> CallEnd {
        match self.read(group).await {
            Over::Gone(Exit::Code(code)) => CallEnd::Exited(code),
            Over::Gone(Exit::Signal(signal)) => CallEnd::Killed(signal),
            Over::EndIt(end) => {
                self.end(group).await;
                end
            }
        }
    }

    async fn read(&mut self, group: &mut Group) -> Over {
        let mut stop = self.order.stop.clone();
        let mut gone: Option<(Exit, Instant)> = None;
        loop {
            let alarm = match gone {
                Some((exit, at)) => Some((at + LEAK_GRACE, Over::Gone(exit))),
                None => self.clocks.deadline(&self.meter).map(|(at, end)| (at, Over::EndIt(end))),
            };
            let now = Instant::now();
            let at = alarm.as_ref().map_or(now, |(at, _)| *at);
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop != Stop::Running), if gone.is_none() => {
                    return Over::EndIt(self.site.stop_reason());
                }
                incoming = self.source.next(), if !self.source.is_over() => match incoming {
                    Some(incoming) => {
                        if let Some(end) = self.take(incoming.0.as_ref()) {
                            return Over::EndIt(end);
                        }
                    }
                    None => self.clocks.stream_ended(),
                },
                exit = group.wait(), if gone.is_none() => {
                    // Only another waiter in this process could fail it; then it is gone as well.
                    gone = Some((exit.unwrap_or(Exit::Code(1)), Instant::now()));
                }
                () = sleep_awake(at.saturating_duration_since(now)), if alarm.is_some() => {
                    return alarm.map(|(_, over)| over).expect("it is why we are here");
                }
            }
            if let (Some((exit, _)), true) = (gone, self.source.is_over()) {
                return Over::Gone(exit);
            }
        }
    }

    /// Ends claude, listening on: what it says while it ends still tells what it spent.
    async fn end(&mut self, group: &mut Group) {
        let grace = self.site.plan.limits.grace.0;
        let mut stop = self.order.stop.clone();
        let hurry = async {
            if stop.wait_for(|stop| *stop == Stop::Now).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let in_time = tokio::select! {
            biased;
            () = hurry => false,
            _ = alongside(group.terminate(grace), self.listen_on()) => true,
        };
        if !in_time {
            group.kill_now();
            let _killed = group.wait().await;
        }
        let _held_by_something_else = timeout(LEAK_GRACE, self.listen_on()).await;
    }

    async fn listen_on(&mut self) {
        while let Some(incoming) = self.source.next().await {
            self.take(incoming.0.as_ref());
        }
    }

    /// Takes in one line; says whether the call has to end now.
    fn take(&mut self, message: Option<&Message>) -> Option<CallEnd> {
        self.clocks.line(message);
        let message = message?;
        if let Some(event) = self.news(message) {
            self.line.tell(event);
        }
        let before = self.meter.tokens().counted();
        self.meter.take(message);
        self.site.tokens.replace(before, self.meter.tokens().counted());
        self.show(message);
        if let Message::Retry(retry) = message
            && matches!(retry.error_status, Some(401 | 403))
        {
            return Some(CallEnd::LoginRefused);
        }
        self.over_the_limit().map(CallEnd::Limited)
    }

    /// What a message shows that the whole run should know: of the service, which all calls share,
    /// and of edits.
    fn news(&self, message: &Message) -> Option<Event> {
        let (step, attempt) = (self.order.step.id.clone(), self.order.attempt);
        match message {
            Message::AnswerStarted { .. } if !self.meter.was_answered() => {
                Some(Event::CallAnswered { step, attempt })
            }
            Message::Retry(Retry { error_status: status @ (None | Some(429 | 500..)), .. }) => {
                Some(Event::CallRefused { step, attempt, status: *status })
            }
            Message::EditChecked(answer) => {
                Some(Event::EditChecked { step, attempt, answer: answer.clone() })
            }
            Message::AnswerStarted { .. }
            | Message::Retry(_)
            | Message::Init(_)
            | Message::RateLimit(_)
            | Message::AnswerUsage { .. }
            | Message::Text(_)
            | Message::Assistant { .. }
            | Message::ToolsDone(_)
            | Message::Result(_)
            | Message::Other => None,
        }
    }

    fn over_the_limit(&self) -> Option<LimitKind> {
        if self.meter.result.is_some() {
            return None;
        }
        let own = self.order.step.limits.tokens;
        let over = |limit: Option<Tokens>, used| limit.is_some_and(|limit| used > limit.0);
        if over(own, self.meter.tokens().counted())
            || over(self.site.plan.limits.tokens, self.site.tokens.get())
        {
            return Some(LimitKind::Tokens);
        }
        let context = self.meter.context(self.order.left.window);
        let own = self.order.step.limits.context;
        let most = own.unwrap_or(self.site.plan.limits.context);
        let full = !context.window_assumed && context.exceeds(most);
        full.then_some(LimitKind::Context)
    }

    fn show(&mut self, message: &Message) {
        let doing = match message {
            Message::Text(text) => {
                self.words.push_str(text);
                let from = self.words.char_indices().rev().nth(WORDS).map_or(0, |(at, _)| at);
                self.words.drain(..from);
                self.words.clone()
            }
            Message::Assistant { tools, .. } => match tools.last() {
                Some(tool) => format!("{} {}", tool.name, tool.subject),
                None => return,
            },
            Message::Retry(retry) => format!("waits to ask again (try {})", retry.attempt),
            Message::AnswerStarted { .. } => "thinks".to_owned(),
            Message::Init(_)
            | Message::RateLimit(_)
            | Message::AnswerUsage { .. }
            | Message::ToolsDone(_)
            | Message::EditChecked(_)
            | Message::Result(_)
            | Message::Other => return,
        };
        let step = self.order.step.id.clone();
        let tokens = Tokens(self.meter.tokens().counted());
        self.line.show(Activity { step, doing, tokens, usd_estimate: None });
    }
}
