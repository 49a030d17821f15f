//! The page in a real browser: a title is typed, rated, and what is recommended changes.

#[path = "../../../../report/tests/page/browser.rs"]
#[expect(dead_code, reason = "pages of results are pointed at, too")]
mod browser;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use browser::{Browser, View, WIDE};

use super::server::Server;
use crate::recommend::trained;

/// For what a page does on its own, also on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(server: &Server, fragment: &str, view: View) -> Option<Browser> {
    browser::open(&format!("http://{}/{fragment}", server.address), view)
}

/// Waits until an expression within the page is true.
#[track_caller]
fn wait_for(browser: &mut Browser, expression: &str) {
    let begun = Instant::now();
    while browser.value(expression) != true {
        assert!(begun.elapsed() < PATIENCE, "never: {expression}\n{:?}", browser.texts("body"));
        sleep(Duration::from_millis(20));
    }
}

/// Waits until a selector names so many elements, and gives their texts.
#[track_caller]
fn wait_texts(browser: &mut Browser, selector: &str, count: usize) -> Vec<String> {
    wait_for(browser, &format!("document.querySelectorAll({selector:?}).length === {count}"));
    browser.texts(selector)
}

/// Fails where a page asked anybody else for anything, or something went wrong within it.
#[track_caller]
fn assert_quiet(browser: &Browser, server: &Server) {
    let own = format!("http://{}/", server.address);
    assert_eq!(browser.requests.iter().find(|address| !address.starts_with(&own)), None);
    assert!(browser.requests.len() > 3);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

fn keep(browser: &mut Browser, name: &str) {
    let picture = browser.screenshot();
    assert_eq!(picture[..4], *b"\x89PNG");
    if let Some(folder) = std::env::var_os("HOURGLASS_CHARTS") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(format!("serve_{name}.png")), picture).unwrap();
    }
}

fn type_title(browser: &mut Browser, title: &str) {
    browser.value("document.getElementById('search').focus(); document.getElementById('search').select()");
    browser.write(title);
}

#[test]
fn a_title_is_typed_rated_and_recommended_from() {
    let server = Server::start(&trained(&[]), "");
    let Some(mut browser) = open(&server, "", WIDE) else { return };
    assert_eq!(wait_texts(&mut browser, "#found button", 8).len(), 8, "the best known");
    assert_eq!(browser.texts("h1"), ["tiny"]);
    assert_eq!(browser.texts("#recommended-note"), ["Rate a title, and what suits you is listed here."]);

    type_title(&mut browser, "part 7");
    assert_eq!(wait_texts(&mut browser, "#found button", 1), ["Part 7, The (1987)"]);
    assert_eq!(browser.texts("#found-count"), ["1 title"]);
    browser.click("#found button");
    assert_eq!(wait_texts(&mut browser, "#ratings li .title", 1), ["Part 7, The (1987)"]);
    assert_eq!(browser.texts("#ratings legend"), ["Rating of Part 7, The (1987)"]);
    assert_eq!(browser.value("document.querySelectorAll('#ratings input[type=radio]').length"), 5);
    browser.click("#ratings .stars label:last-of-type");
    let first = wait_texts(&mut browser, "#recommended li .title", 10);
    assert!(!first.contains(&"Part 7, The (1987)".to_owned()), "{first:?}");
    assert_eq!(browser.value("document.querySelectorAll('#ratings label.filled').length"), 5);
    assert_eq!(browser.value("location.hash"), "#r=i7%3A5");
    assert!(browser.texts("#recommended-note")[0].starts_with("10 titles by 1 rating; predicted ratings, from 1 to 5"));

    // Another one, which is recommended, by keyboard.
    let scores = browser.texts("#recommended .score");
    browser.value("document.querySelector('#recommended li:nth-child(2) button.small').focus()");
    browser.press("Enter", 13);
    wait_texts(&mut browser, "#ratings li", 2);
    browser.press("Space", 32);
    wait_for(&mut browser, "location.hash.endsWith('%3A1')");
    wait_for(
        &mut browser,
        &format!(
            "[...document.querySelectorAll('#recommended .score')].map(e => e.textContent.trim()).join() !== {:?}",
            scores.join(",")
        ),
    );
    let second = wait_texts(&mut browser, "#recommended li .title", 10);
    assert!(!second.contains(&first[1]), "{second:?} holds {}, which is rated now", first[1]);
    assert!(browser.texts("#recommended .because").iter().all(|text| text.starts_with("because you gave Part ")));

    browser.click("#recommended li:nth-child(1) .title");
    wait_for(&mut browser, "!document.getElementById('similar-section').hidden");
    assert_eq!(browser.texts("#similar-title"), [format!("Similar to {}", second[0])]);
    let similar = wait_texts(&mut browser, "#similar li .title", 10);
    assert!(!similar.contains(&second[0]), "{similar:?}");
    assert_eq!(browser.value("document.activeElement.id"), "similar-title");

    // A reload keeps what was rated, and a removed rating is gone.
    browser.value("location.reload()");
    wait_for(
        &mut browser,
        "document.querySelectorAll('#ratings li').length === 2 && document.querySelector('#ratings .title').textContent.startsWith('Part')",
    );
    assert_eq!(wait_texts(&mut browser, "#recommended li .title", 10), second);
    browser.click("#ratings li:nth-child(2) .remove");
    wait_texts(&mut browser, "#ratings li", 1);
    wait_for(
        &mut browser,
        "document.getElementById('recommended-note').textContent.startsWith('10 titles by 1 rating;')",
    );
    assert_eq!(browser.texts("#recommended li .title"), first);
    browser.click("#clear");
    wait_texts(&mut browser, "#recommended li", 0);
    assert_eq!(browser.value("location.hash"), "");
    assert_quiet(&browser, &server);
}

#[test]
fn everything_can_be_done_by_keyboard_and_is_named() {
    let server = Server::start(&trained(&[]), "");
    let Some(mut browser) = open(&server, "", WIDE) else { return };
    wait_texts(&mut browser, "#found button", 8);
    type_title(&mut browser, "part 1");
    wait_for(&mut browser, "document.querySelector('#found button').textContent === 'Part 1, The (1981)'");
    for _ in 0..2 {
        browser.press("ArrowDown", 40);
    }
    browser.press("ArrowUp", 38);
    assert_eq!(browser.value("document.activeElement.textContent"), "Part 1, The (1981)");
    browser.press("Enter", 13);
    wait_texts(&mut browser, "#ratings li", 1);
    assert_eq!(browser.value("document.activeElement.type"), "radio", "the focus is where the rating is given");
    browser.press("ArrowRight", 39);
    wait_texts(&mut browser, "#recommended li", 10);
    assert_eq!(browser.value("location.hash"), "#r=i1%3A2");
    let unnamed = "[...document.querySelectorAll('button, input, select')].filter(e => \
                   !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length";
    assert_eq!(browser.value(unnamed), 0);
    let live = browser.value("document.querySelectorAll('[role=status], [role=alert]').length");
    assert_eq!(live, 4);
    assert_quiet(&browser, &server);
}

#[test]
fn a_run_without_new_users_says_why_and_shows_its_own() {
    let server = Server::start(&trained(&[("rows = \"users\"", "rows = \"items\"")]), "");
    let Some(mut browser) = open(&server, "", WIDE) else { return };
    wait_texts(&mut browser, "#found button", 8);
    assert!(browser.texts("#no-new-users")[0].contains("rows are items"));
    browser.value("document.getElementById('user').focus()");
    browser.write("7");
    browser.press("Enter", 13);
    wait_texts(&mut browser, "#recommended li", 10);
    assert_eq!(browser.texts("#recommended-title"), ["Recommended to user 7"]);
    browser.click("#found button");
    wait_texts(&mut browser, "#similar li", 10);
    browser.value("document.getElementById('user').select(); document.getElementById('user').focus()");
    browser.write("99");
    browser.press("Enter", 13);
    wait_for(&mut browser, "!document.getElementById('trouble').hidden");
    assert!(browser.texts("#trouble")[0].contains("there is no user `99`"));
}

#[test]
fn likes_and_attributes_have_their_own_fields() {
    let implicit = ("scale = [1, 5]", "scale = [1, 5]\nimplicit = { above = 3.5 }");
    let model = ("[train]", "[objective.multinomial]\n\n[train]\nmonitor = \"validation.loss\"\nselection = \"last\"");
    let side = ("rows = \"users\"", "rows = \"users\"\nside_info.users = [\"gender\"]");
    let server = Server::start(&trained(&[implicit, model, side]), "");
    let Some(mut browser) = open(&server, "#r=i3%3A4", WIDE) else { return };
    wait_texts(&mut browser, "#recommended li", 10);
    assert_eq!(browser.texts("#ratings .thumb"), ["✓ liked"]);
    let before = browser.texts("#recommended .score");
    browser.value("(() => { const s = document.querySelector('#about select'); s.value = 'F'; s.dispatchEvent(new Event('change')); })()");
    wait_for(
        &mut browser,
        &format!(
            "[...document.querySelectorAll('#recommended .score')].map(e => e.textContent.trim()).join() !== {:?}",
            before.join(",")
        ),
    );
    assert_eq!(browser.value("location.hash"), "#r=i3%3A4&about=gender%3AF");
    browser.click("#ratings .thumb");
    wait_texts(&mut browser, "#ratings li", 0);
    assert_quiet(&browser, &server);
}

#[test]
fn the_widget_follows_the_scale() {
    for (scale, fields, chosen) in
        [("[0.5, 5]", "10 radio", "1.5"), ("[0, 5]", "6 radio", "2"), ("[1, 10]", "1 number", "7")]
    {
        let server = Server::start(&trained(&[("scale = [1, 5]", &format!("scale = {scale}"))]), "");
        let Some(mut browser) = open(&server, &format!("#r=i3%3A{chosen}"), WIDE) else { return };
        wait_texts(&mut browser, "#recommended li", 10);
        let found = browser.value(
            "(() => { const f = [...document.querySelectorAll('#ratings input')]; return `${f.length} ${f[0].type}`; })()",
        );
        assert_eq!(found, fields, "{scale}");
        let value =
            browser.value("document.querySelector('#ratings input:checked, #ratings input[type=number]').value");
        assert_eq!(value, chosen, "{scale}");
        keep(&mut browser, &format!("scale_{}", fields.replace(' ', "_")));
        if fields == "10 radio" {
            browser.click("#ratings label:nth-of-type(8)");
            wait_for(&mut browser, "location.hash === '#r=i3%3A4'");
        }
        if fields == "1 number" {
            browser.value(
                "document.querySelector('#ratings input').select(); document.querySelector('#ratings input').focus()",
            );
            browser.write("9");
            wait_for(&mut browser, "location.hash === '#r=i3%3A9'");
        }
        assert_quiet(&browser, &server);
    }
}

#[test]
fn the_page_fits_every_window_in_light_and_dark() {
    let server = Server::start(&trained(&[]), "");
    let Some(mut browser) = open(&server, "#r=i1%3A5&r=i9%3A2&r=i11%3A4", WIDE) else { return };
    wait_texts(&mut browser, "#recommended li", 10);
    browser.click("#recommended li:nth-child(3) .title");
    wait_texts(&mut browser, "#similar li", 10);
    let mut grounds = std::collections::BTreeSet::new();
    for (width, dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
        browser.look(View { width, dark, ..WIDE });
        let overflow = browser.value("document.documentElement.scrollWidth - window.innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "at {width}: {overflow} too wide");
        grounds.insert(browser.value("getComputedStyle(document.body).backgroundColor").to_string());
        keep(&mut browser, &format!("{width}_{}", if dark { "dark" } else { "light" }));
    }
    assert_eq!(grounds.len(), 2, "{grounds:?}");
    assert_quiet(&browser, &server);
}
