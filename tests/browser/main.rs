//! Pages in a real browser: `cargo test --test browser`.
//!
//! It needs a Chromium, which `.ci/run` installs; a plain `cargo test` leaves it out. Where there
//! is none it fails, so that nobody believes in what was not looked at. `CHROMIUM` names another.
//! Pictures of the pages, for people to look at, are left in `target/tmp/pages`.

mod chromium;
mod scenes;
#[path = "../it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::path::{Path, PathBuf};

use chromium::{Browser, Page};
use serde_json::json;

/// What a page must not do: load anything but itself, break its own policy, or write to the console.
fn expect_quiet(page: &Page<'_>) {
    assert_eq!(page.strange_requests(), Vec::<String>::new());
    assert_eq!(page.complaints(), Vec::<String>::new());
}

/// Where pictures are left.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).expect("a folder can be made below target/");
    folder.join(name)
}

fn is_true(page: &Page<'_>, script: &str) {
    assert_eq!(page.evaluate(script), json!(true), "{script}");
}

#[test]
fn a_hostile_session_becomes_a_page_that_only_shows_it() {
    let world = scenes::hostile();
    let file = world.root().join("report.html");
    let args = ["report", "-o", file.to_str().expect("the world's path is text")];
    world.atlas(args).run().expect_code(0);
    let browser = Browser::start(&world);
    let page = browser.open(&file);

    expect_quiet(&page);
    is_true(&page, "window.pwned === undefined && document.title.includes('review')");
    is_true(&page, "document.querySelectorAll('script').length === 1");
    is_true(
        &page,
        "document.querySelectorAll('img, iframe, object, link, a[href^=java]').length === 0",
    );
    is_true(&page, "document.body.innerText.includes('<img src=x onerror=')");
    is_true(&page, &format!("!document.documentElement.outerHTML.includes('{}')", scenes::SECRET));
    is_true(&page, "document.querySelector('li.meant code').textContent.includes('return total')");
    is_true(&page, "document.querySelectorAll('svg.timeline rect').length >= 4");
    is_true(&page, "document.querySelectorAll('li.added').length >= 1");
    // Should a text become a tag after all, it could neither run nor fetch.
    let blocked = "const s = document.createElement('script'); \
         try { s.text = 'window.pwned = 1'; document.body.append(s); } catch { } \
         new Promise((stopped) => { \
             const image = (it) => it.effectiveDirective === 'img-src' && stopped('img-src'); \
             addEventListener('securitypolicyviolation', image); \
             document.body.append(Object.assign(new Image(), { src: 'https://x.invalid/' })); })";
    assert_eq!(page.evaluate(blocked), json!("img-src"));
    is_true(&page, "window.pwned === undefined");
    assert!(!page.complaints().is_empty(), "what a policy stops is heard of");
}

#[test]
fn a_page_is_worked_by_mouse_and_keyboard() {
    let world = scenes::hostile();
    let file = world.root().join("report.html");
    world.atlas(["report", "-o", "../report.html"]).run().expect_code(0);
    let browser = Browser::start(&world);
    let page = browser.open(&file);

    let open = "document.querySelectorAll('details[open]').length";
    let before = page.evaluate(open);
    page.click("button[data-do=unfold]");
    is_true(&page, "[...document.querySelectorAll('details')].every(it => it.open)");
    page.click("button[data-do=unfold]");
    is_true(&page, "[...document.querySelectorAll('details')].every(it => !it.open)");
    assert_ne!(before, json!(0), "a small change is shown unfolded");

    page.click("button[data-do=theme]");
    is_true(&page, "document.documentElement.dataset.theme === 'dark'");

    // The first stop is the way past the head; a fold opens by the keyboard alone.
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0); 1");
    page.evaluate("document.querySelector('article summary').focus(); 1");
    page.key("Enter");
    is_true(&page, "document.activeElement.parentElement.open");
    is_true(&page, "[...document.querySelectorAll('svg[role=img]')].every(it => it.ariaLabel)");
    is_true(
        &page,
        "[...document.querySelectorAll('section, nav')].every(it => \
        it.ariaLabel || document.getElementById(it.getAttribute('aria-labelledby')))",
    );
    is_true(
        &page,
        "new Set([...document.querySelectorAll('[id]')].map(it => it.id)).size \
        === document.querySelectorAll('[id]').length",
    );
    is_true(&page, "document.querySelectorAll('h1').length === 1");
    expect_quiet(&page);
}

#[test]
fn pages_fit_every_screen_and_paper() {
    let world = scenes::hostile();
    let browser = Browser::start(&world);
    for (what, args) in [
        ("report", vec!["report", "-o", "../report.html"]),
        ("stats", vec!["stats", "--html", "-o", "../stats.html"]),
    ] {
        world.atlas(args).run().expect_code(0);
        let page = browser.open(&world.root().join(format!("{what}.html")));
        for (name, width, scheme) in
            [("light", 1200, "light"), ("dark", 1200, "dark"), ("narrow", 380, "light")]
        {
            page.resize(width);
            page.media("screen", scheme);
            is_true(&page, "document.documentElement.scrollWidth <= innerWidth");
            page.screenshot(&picture(&format!("{what}-{name}.png")));
        }
        page.resize(1200);
        page.media("", "light");
        let pdf = page.print();
        assert!(pdf.starts_with(b"%PDF-"), "{what}");
        page.media("print", "light");
        page.screenshot(&picture(&format!("{what}-print.png")));
        expect_quiet(&page);
    }
}

#[test]
fn statistics_of_nothing_are_a_page_too() {
    let world = support::world::World::new();
    world.atlas(["stats", "--html", "-o", "../stats.html"]).run().expect_code(0);
    let browser = Browser::start(&world);
    let page = browser.open(&world.root().join("stats.html"));
    is_true(&page, "document.querySelector('h1').textContent === '0 runs'");
    expect_quiet(&page);
}
