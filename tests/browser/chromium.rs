//! A headless Chromium, spoken to through a pipe by its own DevTools protocol.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::world::World;

/// Started so that it talks to nobody, keeps nothing, and says what it means on the pipe. Root may
/// not use its sandbox, and it opens nothing but pages that were just made here.
const START: &str = "exec \"$0\" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
     --no-first-run --disable-background-networking --disable-component-update --disable-sync \
     --no-default-browser-check --hide-scrollbars --font-render-hinting=none \
     --user-data-dir=\"$1\" --remote-debugging-pipe 3<&0 4>&1 </dev/null >/dev/null 2>\"$1.log\"";

/// A browser that runs; it ends with this value.
pub(crate) struct Browser {
    child: RefCell<Child>,
    to: RefCell<ChildStdin>,
    from: RefCell<BufReader<ChildStdout>>,
    sent: Cell<u64>,
    /// What it told by itself.
    events: RefCell<VecDeque<Value>>,
}

/// One page in it.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
    session: String,
    url: String,
    seen: RefCell<Vec<Value>>,
}

impl Browser {
    /// Starts one, with a home in this world.
    ///
    /// # Panics
    /// There is none: then nothing was looked at, and the test has to fail.
    pub(crate) fn start(world: &World) -> Self {
        let chromium = chromium();
        let profile = world.root().join("profile");
        let args = ["-c".as_ref(), START.as_ref(), chromium.as_os_str(), profile.as_os_str()];
        let mut command = world.program(Path::new("/bin/sh"), args).command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the shell can be started");
        let to = child.stdin.take().expect("stdin was piped");
        let from = BufReader::new(child.stdout.take().expect("stdout was piped"));
        Self {
            child: RefCell::new(child),
            to: RefCell::new(to),
            from: RefCell::new(from),
            sent: Cell::new(0),
            events: RefCell::default(),
        }
    }

    /// Opens a file in a page of its own and waits until it is loaded.
    pub(crate) fn open(&self, file: &Path) -> Page<'_> {
        let made = self.ask(None, "Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": made["targetId"], "flatten": true });
        let attached = self.ask(None, "Target.attachToTarget", &attach);
        let session = attached["sessionId"].as_str().expect("a page has a session").to_owned();
        let url = format!("file://{}", file.display());
        let page = Page { browser: self, session, url, seen: RefCell::default() };
        for domain in ["Page", "Network", "Runtime", "Log"] {
            page.ask(&format!("{domain}.enable"), &json!({}));
        }
        page.ask("Page.navigate", &json!({ "url": page.url }));
        page.wait_for("Page.loadEventFired");
        page
    }

    fn ask(&self, session: Option<&str>, method: &str, params: &Value) -> Value {
        let id = self.sent.get() + 1;
        self.sent.set(id);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.borrow_mut().write_all(&bytes).expect("the browser listens");
        loop {
            let said = self.hear();
            if said["id"] == id {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
            self.events.borrow_mut().push_back(said);
        }
    }

    fn hear(&self) -> Value {
        let mut bytes = Vec::new();
        self.from.borrow_mut().read_until(0, &mut bytes).expect("the browser can be read");
        assert_eq!(bytes.pop(), Some(0), "the browser ended before it answered");
        serde_json::from_slice(&bytes).expect("the browser speaks JSON")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to close.
        let _gone = self.to.borrow_mut().write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let mut rest = Vec::new();
        let _end = std::io::Read::read_to_end(&mut *self.from.borrow_mut(), &mut rest);
        let _ended = self.child.borrow_mut().wait();
    }
}

impl Page<'_> {
    fn ask(&self, method: &str, params: &Value) -> Value {
        self.browser.ask(Some(&self.session), method, params)
    }

    fn wait_for(&self, method: &str) {
        loop {
            let known = self.browser.events.borrow_mut().pop_front();
            let event = known.unwrap_or_else(|| self.browser.hear());
            let is_it = event["method"] == method && event["sessionId"] == *self.session;
            self.seen.borrow_mut().push(event);
            if is_it {
                return;
            }
        }
    }

    /// What was told of this page so far.
    fn told(&self, method: &str) -> Vec<Value> {
        let news: Vec<Value> = self.browser.events.borrow_mut().drain(..).collect();
        self.seen.borrow_mut().extend(news);
        let mine =
            |event: &&Value| event["method"] == method && event["sessionId"] == *self.session;
        self.seen.borrow().iter().filter(mine).map(|event| event["params"].clone()).collect()
    }

    /// Everything that it asked for but its own file.
    pub(crate) fn strange_requests(&self) -> Vec<String> {
        self.evaluate("1");
        let asked = self.told("Network.requestWillBeSent");
        let urls = asked.iter().map(|it| it["request"]["url"].as_str().unwrap_or_default());
        let urls: Vec<String> = urls.map(str::to_owned).collect();
        assert!(urls.contains(&self.url), "its own file is one: {urls:?}");
        urls.into_iter().filter(|url| *url != self.url).collect()
    }

    /// What it wrote to the console, broke, or was kept from by its policy.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.evaluate("1");
        let events = ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"];
        events.iter().flat_map(|event| self.told(event)).map(|it| it.to_string()).collect()
    }

    /// What a script comes to, or what it promises. It is not a part of the page, so the policy has no say in it.
    pub(crate) fn evaluate(&self, script: &str) -> Value {
        let asked = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let said = self.ask("Runtime.evaluate", &asked);
        assert!(said["exceptionDetails"].is_null(), "{script}: {said:#}");
        said["result"]["value"].clone()
    }

    /// Clicks in the middle of the first element that a selector names.
    pub(crate) fn click(&self, selector: &str) {
        let place = self.evaluate(&format!(
            "(() => {{ const it = document.querySelector('{selector}'); it.scrollIntoView(); \
             const at = it.getBoundingClientRect(); \
             return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.ask("Input.dispatchMouseEvent", &event);
        }
    }

    /// Presses a key.
    pub(crate) fn key(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": 13, "text": "\r",
            });
            self.ask("Input.dispatchKeyEvent", &event);
        }
    }

    /// Makes the screen so wide.
    pub(crate) fn resize(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Shows it on a screen or on paper, to somebody who likes it light or dark.
    pub(crate) fn media(&self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// Leaves a picture of the whole page.
    pub(crate) fn screenshot(&self, file: &Path) {
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.bytes("Page.captureScreenshot", &asked);
        crate::support::files::write(file, picture);
    }

    /// Prints it.
    pub(crate) fn print(&self) -> Vec<u8> {
        self.bytes("Page.printToPDF", &json!({ "printBackground": true }))
    }

    fn bytes(&self, method: &str, params: &Value) -> Vec<u8> {
        let said = self.ask(method, params);
        let data = said["data"].as_str().expect("a picture is text here");
        STANDARD.decode(data).expect("it is base64")
    }
}

/// The Chromium that was named, or the one of the system.
#[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
fn chromium() -> PathBuf {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = named.into_iter().chain(places.map(PathBuf::from)).find(|path| path.is_file());
    found.expect("no Chromium: install Debian's `chromium`, or name one with CHROMIUM")
}
