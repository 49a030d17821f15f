use hourglass_report::{EpochRow, EpochTable};
use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;

use super::{Order, Row, Screen, State, view};

/// A trial with one value of `validation.rmse` an epoch.
fn row(trial: &str, state: State, values: &[f64]) -> Row {
    let rows = (1..).zip(values).map(|(epoch, value)| EpochRow { epoch, cells: vec![Some(2.0 * value), Some(*value)] });
    let note = match state {
        State::Failed => "the loss is not a number in epoch 2; a smaller learning rate may help",
        State::Done => "test rmse 0.8712",
        _ => "",
    };
    Row {
        experiment: "fills".into(),
        trial: trial.into(),
        position: 0,
        swept: [
            ("input.fill".to_owned(), "zero".into()),
            ("model.autoencoder.layers".to_owned(), vec![64, 16, 64].into()),
        ]
        .into(),
        seed: trial.len() as u64,
        state,
        most_epochs: 40,
        stops_early: true,
        monitor: "validation.rmse".into(),
        higher_is_better: false,
        epochs: EpochTable { columns: vec!["loss".into(), "validation.rmse".into()], rows: rows.collect() },
        epoch_seconds: (!values.is_empty()).then_some(0.5),
        seconds: 0.5 * values.len() as f64,
        note: note.into(),
    }
}

fn curve(epochs: usize) -> Vec<f64> {
    (0..epochs).map(|epoch| 0.87 + 0.3 * (-(epoch as f64) / 8.0).exp()).collect()
}

fn sweep() -> Vec<Row> {
    vec![
        row("3fa2b1c0", State::Done, &curve(40)),
        row("90e1d2aa", State::Running, &curve(25)),
        row("1c77aa02", State::Failed, &curve(1)),
        row("77aa021c", State::Interrupted, &curve(12)),
        row("aa021c77", State::Running, &curve(3)),
        row("b0b1b2b3", State::Waiting, &[]),
        row("c0c1c2c3", State::Waiting, &[]),
    ]
}

fn screen(rows: Vec<Row>) -> Screen {
    let mut screen = Screen { title: "fills.toml".into(), with_curve: true, ..Screen::default() };
    screen.update(rows);
    screen
}

fn drawn(screen: &mut Screen, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, screen)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_sweep_fits_a_terminal_of_80_by_24() {
    assert_snapshot!(drawn(&mut screen(sweep()), 80, 24));
}

#[test]
fn a_low_terminal_has_no_curve() {
    assert_snapshot!(drawn(&mut screen(sweep()), 60, 9));
}

#[test]
fn a_trial_without_a_curve_says_why() {
    let broken = Row { note: "results/fills/d/run.json: not a record".into(), ..row("d", State::Broken, &[]) };
    assert_snapshot!(drawn(&mut screen(vec![broken, row("e", State::Waiting, &[])]), 80, 20));
    let failed = drawn(&mut screen(vec![row("f", State::Failed, &[])]), 80, 20);
    assert!(failed.contains("│the loss is not a number in epoch 2; a smaller learning rate may help"), "{failed}");
    let waiting = drawn(&mut screen(vec![row("e", State::Waiting, &[])]), 80, 20);
    assert!(waiting.contains("no value of validation.rmse yet"), "{waiting}");
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (3, 2), (10, 5), (20, 18), (80, 17), (300, 100)] {
        drawn(&mut screen(sweep()), width, height);
        drawn(&mut screen(Vec::new()), width, height);
        drawn(&mut screen(vec![row("a", State::Running, &[f64::NAN, 0.9]); 3]), width, height);
    }
}

#[test]
fn keys_select_sort_and_choose_the_curve() {
    use KeyCode::{Char, Down, End, Home, PageDown, PageUp, Up};
    let mut screen = screen(sweep());
    drawn(&mut screen, 80, 24);
    let selected = |screen: &Screen| screen.row().unwrap().trial.clone();
    assert_eq!(selected(&screen), "90e1d2aa", "a running one at first");
    let cases = [
        (Down, "1c77aa02"),
        (Up, "90e1d2aa"),
        (Char('r'), "aa021c77"),
        (Char('r'), "90e1d2aa"),
        (End, "c0c1c2c3"),
        (Down, "c0c1c2c3"),
        (PageUp, "3fa2b1c0"),
        (PageDown, "c0c1c2c3"),
        (Home, "3fa2b1c0"),
        (Char('x'), "3fa2b1c0"),
    ];
    for (key, expected) in cases {
        assert!(screen.press(key));
        assert_eq!(selected(&screen), expected, "{key:?}");
    }
    for expected in ["loss", "validation.rmse"] {
        screen.press(Char('m'));
        assert_eq!(screen.column_of(screen.row().unwrap()), expected);
    }
    for (order, first) in [(Order::State, "90e1d2aa"), (Order::Best, "3fa2b1c0"), (Order::Plan, "3fa2b1c0")] {
        screen.press(Char('s'));
        screen.update(sweep());
        assert_eq!((screen.order, screen.rows[0].trial.as_str()), (order, first));
        assert_eq!(selected(&screen), "3fa2b1c0", "stays selected");
    }
    assert!(!screen.press(Char('q')) && !screen.press(KeyCode::Esc));
}

#[test]
fn what_is_left_is_shared_by_those_that_run() {
    let screen = screen(sweep());
    // 15 and 37 epochs of half a second, and two trials as long as the one that is done, by two at a time.
    let left = screen.time_left().unwrap().as_secs_f64();
    assert!((left - (7.5 + 18.5 + 2.0 * 20.0) / 2.0).abs() < 1e-9, "{left}");
    let progress = (1.0 + 25.0 / 40.0 + 1.0 + 12.0 / 40.0 + 3.0 / 40.0) / 7.0;
    assert!((screen.progress() - progress).abs() < 1e-12);
    assert_eq!(screen.best().unwrap().trial, "3fa2b1c0");
    let waiting = self::screen(vec![row("b", State::Waiting, &[])]);
    assert_eq!((waiting.time_left(), waiting.best()), (None, None));
    let higher = |trial, value| Row { higher_is_better: true, ..row(trial, State::Done, &[value]) };
    assert_eq!(self::screen(vec![higher("a", 0.2), higher("b", 0.3)]).best().unwrap().trial, "b");
}
