//! Pages of results in a real browser: clicked, sorted, filtered, pointed at, and read without scripts.

#![cfg(test)]

mod browser;
mod sample;

use std::path::Path;

use browser::{Browser, View, WIDE};
use sample::{HOSTILE, SAMPLE};

/// A page in the browser of this machine, if there is one.
fn open(page: &Path, view: View) -> Option<Browser> {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let path = page.canonicalize().unwrap();
    let encoded: String = path.to_str().unwrap().bytes().map(letter).collect();
    browser::open(&format!("file://{encoded}"), view)
}

/// Fails where a page asked for anything but files, or something went wrong within it.
#[track_caller]
fn assert_quiet(browser: &Browser) {
    let outside =
        browser.requests.iter().find(|address| !address.starts_with("file://") && !address.starts_with("data:"));
    assert_eq!(outside, None);
    assert!(!browser.requests.is_empty());
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// The cells of a column of the table of runs that is shown, from the top.
#[track_caller]
fn column(browser: &mut Browser, name: &str) -> Vec<String> {
    let place = browser.value(&format!("document.querySelector('#runs th[data-name={name:?}]').cellIndex"));
    browser.texts(&format!("#runs tbody tr:not([hidden]) td:nth-child({})", place.as_u64().unwrap() + 1))
}

fn keep(browser: &mut Browser, name: &str) {
    let picture = browser.screenshot();
    assert_eq!(picture[..4], *b"\x89PNG");
    if let Some(folder) = std::env::var_os("HOURGLASS_CHARTS") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(format!("page_{name}.png")), picture).unwrap();
    }
}

#[test]
fn columns_are_sorted_by_mouse_and_keyboard_numbers_as_numbers() {
    let sample = &*SAMPLE;
    let Some(mut browser) = open(&sample.experiment, WIDE) else { return };
    assert_eq!(column(&mut browser, "model.autoencoder.code")[..4], ["8", "8", "8", "16"]);
    browser.click("#runs th[data-name='model.autoencoder.code'] button");
    let codes = column(&mut browser, "model.autoencoder.code");
    assert_eq!((codes[0].as_str(), codes[9].as_str(), codes[26].as_str()), ("8", "16", "256"), "256 is more than 16");

    browser.click("#runs th[data-name='test.rmse'] button");
    let ascending = column(&mut browser, "test.rmse");
    let numbers: Vec<f64> = ascending[..26].iter().map(|text| text.parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(ascending[26], "–", "what is missing is last");
    // The focus is on the button now.
    browser.press("Enter", 13);
    let descending = column(&mut browser, "test.rmse");
    assert!(descending[..26].iter().map(|text| text.parse::<f64>().unwrap()).is_sorted_by(|a, b| a >= b));
    assert_eq!(descending[26], "–");
    let sorted = browser.value(
        "[...document.querySelectorAll('#runs [aria-sort]')].map(e => e.dataset.name + ' ' + e.ariaSort).join()",
    );
    assert_eq!(sorted, "test.rmse descending");

    browser.click("#settings-table th:last-child button");
    assert_eq!(browser.texts("#settings-table tbody tr").len(), 9);
    assert_quiet(&browser);
}

#[test]
fn filters_are_words_and_comparisons() {
    let sample = &*SAMPLE;
    let Some(mut browser) = open(&sample.experiment, WIDE) else { return };
    let cases = [
        ("", 27),
        ("user-mean", 9),
        ("USER-mean", 9),
        ("code=16", 9),
        ("model.autoencoder.code>16", 9),
        ("code!=8 fill=zero", 6),
        ("seed<=2", 18),
        ("test.rmse<0.85", 2),
        ("failed", 1),
        ("outcome=finished", 26),
        ("\"loss is nan\"", 1),
        ("no such thing", 0),
    ];
    for (text, expected) in cases {
        browser.value("document.getElementById('filter').select(); document.getElementById('filter').focus()");
        browser.press("Backspace", 8);
        browser.write(text);
        let shown = browser.texts("#shown").remove(0);
        assert_eq!(shown, format!("{expected} of 27 runs"), "{text}");
        assert_eq!(column(&mut browser, "trial").len(), expected, "{text}");
        let lines = browser.value("document.querySelectorAll('#plot .line').length");
        assert_eq!(lines, expected, "the curves are those of the runs that are shown: {text}");
    }
    assert_quiet(&browser);
}

#[test]
fn chosen_runs_are_told_apart_by_what_differs() {
    let sample = &*SAMPLE;
    let Some(mut browser) = open(&sample.experiment, WIDE) else { return };
    assert_eq!(browser.texts("#differences"), ["Choose two runs or more in the table above."]);
    browser.click("#runs tbody tr:nth-child(1) input");
    browser.click("#runs tbody tr:nth-child(10) input");
    assert_eq!(browser.texts("#differences thead th"), ["key", "00001 · seed 1", "00091 · seed 1"]);
    let lines = browser.texts("#differences tbody tr");
    assert!(
        lines[0].starts_with("input.fill") && lines[0].contains("zero") && lines[0].contains("user-mean"),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.starts_with("seeds") || line.contains("code")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("test.rmse")), "{lines:?}");
    assert_eq!(browser.value("document.querySelectorAll('#plot .line').length"), 2);
    assert_eq!(browser.texts("#legend li").len(), 2);
    // By keyboard.
    browser.value("document.querySelector('#runs tbody tr:nth-child(2) input').focus()");
    browser.press("Space", 32);
    assert_eq!(browser.texts("#differences thead th").len(), 4);
    keep(&mut browser, "chosen");
    browser.click("#clear");
    assert_eq!(browser.value("document.querySelectorAll('#runs tr.chosen, #runs input:checked').length"), 0);
    browser.click("#best");
    assert_eq!(browser.texts("#differences thead th").len(), 5);
    assert_quiet(&browser);
}

#[test]
fn curves_tell_what_is_pointed_at() {
    let sample = &*SAMPLE;
    let Some(mut browser) = open(&sample.experiment, WIDE) else { return };
    browser.value("document.getElementById('plot').scrollIntoView({block: 'center'})");
    let end = browser.value(
        "(() => { const plot = document.getElementById('plot'); const s = plot.getBoundingClientRect(); \
         const lines = plot.querySelectorAll('.line'); const p = lines[lines.length - 1].points; const q = p[p.length - 1]; \
         const unit = s.width / plot.viewBox.baseVal.width; return [s.left + q.x * unit, s.top + q.y * unit]; })()",
    );
    browser.point(end[0].as_f64().unwrap(), end[1].as_f64().unwrap());
    let tip = browser.texts("#tip").remove(0);
    assert!(tip.contains("epoch 40, validation.rmse 0.") && tip.contains("seed") && tip.contains("fill"), "{tip}");
    assert_eq!(browser.value("document.querySelectorAll('#plot .line.near').length"), 1);
    keep(&mut browser, "pointed");

    browser.value("document.getElementById('plot').focus()");
    for (key, code, expected) in
        [("ArrowRight", 39, "epoch 40"), ("ArrowLeft", 37, "epoch 39"), ("ArrowLeft", 37, "epoch 38")]
    {
        browser.press(key, code);
        let tip = browser.texts("#tip").remove(0);
        assert!(tip.contains(expected), "{key}: {tip}");
    }
    let before = browser.texts("#tip");
    browser.press("ArrowDown", 40);
    assert_ne!(browser.texts("#tip"), before, "another curve");
    browser.press("Escape", 27);
    assert_eq!(browser.value("document.getElementById('tip').hidden"), true);

    browser.value("(() => { const c = document.getElementById('column'); c.value = 'loss'; c.dispatchEvent(new Event('change')); })()");
    assert!(browser.texts("#plot text").contains(&"loss".to_owned()));
    assert_quiet(&browser);
}

#[test]
fn without_scripts_everything_can_be_read() {
    let sample = &*SAMPLE;
    let Some(mut browser) = open(&sample.experiment, View { scripts: false, ..WIDE }) else { return };
    assert_eq!(column(&mut browser, "trial").len(), 27);
    let visible = "e => e.getBoundingClientRect().height > 0";
    let count = |browser: &mut Browser, selector: &str| {
        browser.value(&format!("[...document.querySelectorAll({selector:?})].filter({visible}).length"))
    };
    assert_eq!(count(&mut browser, ".js-only, #filter, #plot"), 0, "what needs scripts is not there");
    assert_eq!(count(&mut browser, "figure.no-js svg"), 1, "curves of the best settings");
    let charts = count(&mut browser, "#charts svg").as_u64().unwrap();
    assert!(charts >= 8, "{charts}");
    assert!(browser.texts("#settings-table tbody tr")[0].contains("256"));
    keep(&mut browser, "without_scripts");
    assert_quiet(&browser);
}

#[test]
fn pages_fit_every_window_in_light_and_dark() {
    let sample = &*SAMPLE;
    for (page, name) in [(&sample.experiment, "experiment"), (&sample.results, "results"), (&sample.hostile, "hostile")]
    {
        let Some(mut browser) = open(page, WIDE) else { return };
        let mut grounds = Vec::new();
        for (width, dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
            browser.look(View { width, dark, ..WIDE });
            let overflow = browser.value("document.documentElement.scrollWidth - window.innerWidth");
            assert!(overflow.as_i64().unwrap() <= 0, "{name} at {width}: {overflow} too wide");
            grounds.push(browser.value("getComputedStyle(document.body).backgroundColor").to_string());
            // The colours of the drawings follow.
            if name == "experiment" {
                grounds
                    .push(browser.value("getComputedStyle(document.querySelector('svg.chart rect')).fill").to_string());
            }
            keep(&mut browser, &format!("{name}_{width}_{}", if dark { "dark" } else { "light" }));
        }
        let distinct: std::collections::BTreeSet<_> = grounds.iter().collect();
        assert_eq!(distinct.len(), 2, "{name}: {grounds:?}");
        assert_quiet(&browser);
    }
}

#[test]
fn names_that_are_markup_stay_names() {
    let sample = &*SAMPLE;
    for page in [&sample.hostile, &sample.results] {
        let Some(mut browser) = open(page, WIDE) else { return };
        assert_eq!(browser.value("typeof window.injected"), "undefined");
        assert_eq!(browser.value("document.scripts.length"), 2);
        assert_eq!(browser.value("document.querySelectorAll('main img, #differences img').length"), 0);
        browser.value(
            "(() => { const rows = [...document.querySelectorAll('#runs tbody tr')]; \
             const hostile = rows.find((row) => row.textContent.includes('injected')); \
             for (const row of [hostile, rows.at(-1)]) row.querySelector('input').click(); })()",
        );
        let found = browser.texts("#differences td");
        assert!(found.iter().any(|text| text == HOSTILE), "{found:?}");
        assert_eq!(browser.value("typeof window.injected"), "undefined");
        assert_quiet(&browser);
    }
    let Some(mut browser) = open(&sample.hostile, WIDE) else { return };
    assert_eq!(browser.texts("h1"), [HOSTILE]);
    assert_eq!(browser.value("document.title"), format!("{HOSTILE} · Hourglass"));
}

#[test]
fn links_lead_to_files_that_are_there() {
    let sample = &*SAMPLE;
    for page in [&sample.experiment, &sample.hostile, &sample.results] {
        let Some(mut browser) = open(page, WIDE) else { return };
        let links = browser.value(
            "[...document.querySelectorAll('main a[href]')].map(a => decodeURIComponent(new URL(a.href).pathname))",
        );
        let links: Vec<String> = serde_json::from_value(links).unwrap();
        assert!(links.len() > 20, "{}", links.len());
        let root = sample.folder.canonicalize().unwrap();
        for link in links {
            assert!(Path::new(&link).exists() && Path::new(&link).starts_with(&root), "{link}");
        }
    }
}
