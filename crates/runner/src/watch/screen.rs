//! What is shown, and what keys do to it.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::crossterm::event::KeyCode;

use super::{Row, State};

/// In which order trials are listed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// That of the plan.
    #[default]
    Plan,
    /// By what they are doing.
    State,
    /// By the best value of the monitored column.
    Best,
}

/// What the terminal shows.
#[derive(Debug, Default, Clone)]
pub struct Screen {
    /// What is watched, for the title.
    pub title: String,
    /// The trials, in their order.
    pub rows: Vec<Row>,
    /// The selected one.
    pub selected: usize,
    /// The order.
    pub order: Order,
    /// The column whose curve is drawn, if it is not the monitored one.
    pub column: Option<String>,
    /// How many rows the list had room for.
    pub page: usize,
    /// Whether the curve of the selected trial is drawn.
    pub with_curve: bool,
}

impl Screen {
    /// Takes the trials as they are now; the selected one stays selected.
    pub fn update(&mut self, mut rows: Vec<Row>) {
        match self.order {
            Order::Plan => {}
            Order::State => rows.sort_by_key(|row| row.state),
            Order::Best => rows.sort_by(|a, b| rank(a).total_cmp(&rank(b))),
        }
        let selected = self.rows.get(self.selected).map(|row| (row.experiment.clone(), row.trial.clone()));
        let place = match selected {
            Some(selected) => rows.iter().position(|row| (&row.experiment, &row.trial) == (&selected.0, &selected.1)),
            // At first the one that is most interesting.
            None => rows.iter().position(|row| row.state == State::Running),
        };
        self.selected = place.unwrap_or(self.selected).min(rows.len().saturating_sub(1));
        self.rows = rows;
    }

    /// Does what the key says; `false` ends the watch.
    pub fn press(&mut self, key: KeyCode) -> bool {
        let last = self.rows.len().saturating_sub(1);
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Down | KeyCode::Char('j') => self.selected = (self.selected + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => self.selected = self.selected.saturating_sub(1),
            KeyCode::PageDown => self.selected = (self.selected + self.page.max(1)).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(self.page.max(1)),
            KeyCode::Home | KeyCode::Char('g') => self.selected = 0,
            KeyCode::End | KeyCode::Char('G') => self.selected = last,
            KeyCode::Char('r') => self.select_next_running(),
            KeyCode::Char('s') => self.order = self.order.next(),
            KeyCode::Char('m') => self.column = self.next_column(),
            _ => {}
        }
        true
    }

    /// The selected trial.
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    /// The column whose curve is drawn of this trial.
    pub fn column_of<'a>(&'a self, row: &'a Row) -> &'a str {
        self.column.as_deref().unwrap_or(&row.monitor)
    }

    fn select_next_running(&mut self) {
        let after = (self.selected + 1..self.rows.len()).chain(0..self.selected);
        self.selected =
            after.into_iter().find(|place| self.rows[*place].state == State::Running).unwrap_or(self.selected);
    }

    fn next_column(&self) -> Option<String> {
        let row = self.row()?;
        let columns = &row.epochs.columns;
        let place = columns.iter().position(|column| column == self.column_of(row))?;
        columns.get((place + 1) % columns.len()).cloned()
    }

    /// How many trials are in each state that any is in.
    pub fn counts(&self) -> Vec<(State, usize)> {
        let count = |state| (state, self.rows.iter().filter(|row| row.state == state).count());
        State::ALL.map(count).into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// How much of the work is done, from 0 to 1. What has ended has nothing left to do.
    pub fn progress(&self) -> f64 {
        let share = |row: &Row| match row.state {
            State::Done | State::Stopped | State::Failed | State::Broken => 1.0,
            _ => row.done() as f64 / row.most_epochs.max(1) as f64,
        };
        self.rows.iter().map(share).sum::<f64>() / self.rows.len().max(1) as f64
    }

    /// How long it takes if as many trials run at a time as now, and those that wait take what the others did.
    pub fn time_left(&self) -> Option<Duration> {
        let running: Vec<&Row> = self.rows.iter().filter(|row| row.state == State::Running).collect();
        let left = running.iter().map(|row| row.seconds_left()).sum::<Option<f64>>()?;
        let waiting = self.rows.iter().filter(|row| row.state == State::Waiting).count() as f64;
        let done: Vec<f64> = self.rows.iter().filter(|row| row.state == State::Done).map(|row| row.seconds).collect();
        let each = match done.len() {
            0 => {
                running.iter().map(|row| Some(row.most_epochs as f64 * row.epoch_seconds?)).sum::<Option<f64>>()?
                    / running.len().max(1) as f64
            }
            count => done.iter().sum::<f64>() / count as f64,
        };
        let seconds = (left + waiting * each) / running.len() as f64;
        (!running.is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
    }

    /// Whether some running trial may end before its last epoch, so that times are upper limits.
    pub fn may_stop_early(&self) -> bool {
        self.rows.iter().any(|row| row.state == State::Running && row.stops_early)
    }

    /// The trial with the best value of its monitored column. Trials that are selected by different columns have no best.
    pub fn best(&self) -> Option<&Row> {
        let monitors: BTreeSet<&str> = self.rows.iter().map(|row| row.monitor.as_str()).collect();
        let known = self.rows.iter().filter(|row| monitors.len() == 1 && row.best().is_some());
        known.min_by(|a, b| rank(a).total_cmp(&rank(b)))
    }
}

impl Order {
    fn next(self) -> Self {
        match self {
            Order::Plan => Order::State,
            Order::State => Order::Best,
            Order::Best => Order::Plan,
        }
    }

    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Order::Plan => "plan",
            Order::State => "state",
            Order::Best => "best",
        }
    }
}

/// Small is good; a trial without a value comes last.
fn rank(row: &Row) -> f64 {
    row.best().map_or(f64::INFINITY, |best| if row.higher_is_better { -best } else { best })
}
