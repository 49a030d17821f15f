//! A headless Chromium, driven over its own debugging pipe: one JSON message after the other, each ended by a zero byte.
//! Protocol: <https://chromedevtools.github.io/devtools-protocol/>.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write, stderr};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// For any one answer, also on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    pub(crate) scripts: bool,
}

pub(crate) const WIDE: View = View { width: 1280, height: 900, dark: false, scripts: true };

/// A browser with one page open.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// Addresses of everything that was asked for.
    pub(crate) requests: Vec<String>,
    /// What went wrong within the page.
    pub(crate) complaints: Vec<String>,
    loaded: bool,
    _profile: TempDir,
}

/// The browser of this machine; where there is none, the test that asks says so, past the capture of the test harness.
pub(crate) fn open(address: &str, view: View) -> Option<Browser> {
    let Some(program) = program() else {
        let reason = "skipped: no chromium or chrome is on PATH, and CHROMIUM names none; `./bootstrap.sh test` installs it where it may";
        writeln!(stderr(), "{reason}").unwrap();
        return None;
    };
    let mut browser = Browser::start(program);
    browser.visit(address, view);
    Some(browser)
}

fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        assert!(
            named.is_file(),
            "CHROMIUM is {}, which is no file; expected the path of a chromium or chrome",
            named.display()
        );
        return Some(named);
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

impl Browser {
    fn start(program: PathBuf) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut data: OsString = "--user-data-dir=".into();
        data.push(profile.path());
        // The browser reads commands from descriptor 3 and answers on 4, which a shell gives it.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#])
            .arg(program)
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb"])
            .arg(data)
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, messages) = channel();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|length| length > 0) {
                bytes.pop();
                let message = serde_json::from_slice(&bytes).unwrap();
                bytes.clear();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = process.stdin.take().unwrap();
        let (requests, complaints) = (Vec::new(), Vec::new());
        Browser {
            process,
            input,
            messages,
            session: None,
            last: 0,
            requests,
            complaints,
            loaded: false,
            _profile: profile,
        }
    }

    fn visit(&mut self, address: &str, view: View) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        self.look(view);
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !view.scripts}));
        self.loaded = false;
        self.call("Page.navigate", json!({"url": address}));
        while !self.loaded {
            self.receive();
        }
    }

    /// Another size or colour scheme.
    pub(crate) fn look(&mut self, view: View) {
        let scheme = if view.dark { "dark" } else { "light" };
        let size = json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Sends a command, and waits for its answer.
    #[track_caller]
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        loop {
            let answer = self.receive();
            if answer["id"] == self.last {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    /// The next message; what it tells of the page is kept.
    #[track_caller]
    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("the browser answers");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match message["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Network.requestWillBeSent") => self.requests.push(text(&message["params"]["request"]["url"])),
            Some("Runtime.exceptionThrown") => self.complaints.push(message["params"]["exceptionDetails"].to_string()),
            Some("Log.entryAdded") => self.complaints.push(text(&message["params"]["entry"]["text"])),
            _ => {}
        }
        message
    }

    /// The value of an expression within the page.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The texts of all elements that a selector names.
    #[track_caller]
    pub(crate) fn texts(&mut self, selector: &str) -> Vec<String> {
        let texts = self.value(&format!("[...document.querySelectorAll({selector:?})].map(e => e.textContent.trim())"));
        serde_json::from_value(texts).unwrap()
    }

    /// Clicks with the mouse on the middle of an element, which is first scrolled to.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{block: 'center', inline: 'center'}}); \
             const b = e.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Moves the mouse to a place in the window.
    pub(crate) fn point(&mut self, x: f64, y: f64) {
        self.call("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": x, "y": y}));
    }

    /// Types into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Presses a key such as `Enter` or `ArrowLeft`.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" {
            "\r"
        } else if key == "Space" {
            " "
        } else {
            ""
        };
        let name = if key == "Space" { " " } else { key };
        for kind in [if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({"type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The whole page as a PNG.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true}));
        BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
