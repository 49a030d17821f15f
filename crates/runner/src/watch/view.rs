//! How a screen is drawn. Colours repeat what words say, so that nothing is lost without them.

use hourglass_report::{Labels, format};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{
    Axis, Block, Cell, Chart, Dataset, GraphType, LineGauge, Paragraph, Row as Cells, Table, TableState,
};

use super::{Row, Screen, State};

/// A curve on fewer lines than this cannot be read.
const LEAST_HEIGHT_WITH_CURVE: u16 = 18;

/// Lines that are not the list: title, counts, bar, heads, keys; and the curve.
const FRAME_LINES: u16 = 5;

/// How high a screen must be to show all its trials, without the curve.
pub(super) fn height_of(screen: &Screen) -> u16 {
    (screen.rows.len() + usize::from(FRAME_LINES)).min(usize::from(u16::MAX)) as u16
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &mut Screen) {
    let area = frame.area();
    let curve = if screen.with_curve && area.height >= LEAST_HEIGHT_WITH_CURVE { area.height * 2 / 5 } else { 0 };
    let [title, counts, bar, list, chart, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(2),
        Constraint::Length(curve),
        Constraint::Length(u16::from(screen.with_curve)),
    ])
    .areas(area);
    frame.render_widget(title_line(screen), title);
    frame.render_widget(counts_line(screen), counts);
    frame.render_widget(gauge(screen), bar);
    screen.page = usize::from(list.height.saturating_sub(1));
    draw_list(frame, screen, list);
    if curve > 0 {
        draw_curve(frame, screen, chart);
    }
    frame.render_widget(keys_line(screen), keys);
}

fn title_line(screen: &Screen) -> Line<'_> {
    let mut spans = vec!["hourglass watch ".bold(), Span::raw(screen.title.as_str())];
    if let Some(best) = screen.best() {
        spans.push("  best ".into());
        spans.push(format!("{} {}", best.monitor, format::metric(best.best())).bold());
        spans.push(format!(" {}", best.trial).into());
    }
    Line::from(spans)
}

fn counts_line(screen: &Screen) -> Line<'_> {
    let trials = screen.rows.len();
    let mut spans: Vec<Span<'_>> = vec![format!("{trials} trial{}", if trials == 1 { "" } else { "s" }).into()];
    for (place, (state, count)) in screen.counts().into_iter().enumerate() {
        spans.push(if place == 0 { ": ".into() } else { ", ".into() });
        spans.push(Span::styled(format!("{count} {}", state.name()), colour(state)));
    }
    Line::from(spans)
}

fn gauge(screen: &Screen) -> LineGauge<'_> {
    let progress = screen.progress().clamp(0.0, 1.0);
    // Rounded down: 100 % is when nothing is left.
    let mut label = format!("{:3.0} %", (progress * 100.0).floor());
    if let Some(left) = screen.time_left() {
        let most = if screen.may_stop_early() { "at most " } else { "" };
        label += &format!(", {most}{} left", format::duration(left.as_secs_f64()));
    }
    let gauge = LineGauge::default().ratio(progress).label(label).filled_symbol("█").unfilled_symbol("░");
    gauge.filled_style(Style::new().fg(Color::Cyan))
}

fn draw_list(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    let monitors: Vec<&str> = screen.rows.iter().map(|row| row.monitor.as_str()).collect();
    let same = monitors.windows(2).all(|pair| pair[0] == pair[1]);
    let monitor = monitors.first().filter(|_| same).map_or("monitored", |name| *name);
    let heads = ["state", "trial", "epoch", monitor, "best", "left", "setting"];
    // The width of a column is the same wherever the list is scrolled to.
    let wide = |head: &str, cell: &dyn Fn(&Row) -> String| {
        let cells = screen.rows.iter().map(|row| cell(row).chars().count());
        Constraint::Length(cells.chain([head.chars().count()]).max().unwrap_or(0) as u16)
    };
    let widths = [
        wide(heads[0], &|row| row.state.name().to_owned()),
        wide(heads[1], &|row| row.trial.clone()),
        wide(heads[2], &epoch),
        wide(heads[3], &|row| format::metric(row.last())),
        wide(heads[4], &|row| format::metric(row.best())),
        wide(heads[5], &left),
        Constraint::Fill(1),
    ];
    let several = screen.rows.windows(2).any(|pair| pair[0].experiment != pair[1].experiment);
    let labels = Labels::of(screen.rows.iter().map(|row| &row.swept));
    let rows = screen.rows.iter().map(|row| {
        let label = if row.state == State::Broken { String::new() } else { row.label(&labels) };
        cells(row, if several { format!("{}: {label}", row.experiment) } else { label })
    });
    let table = Table::new(rows, widths)
        .header(Cells::new(heads).style(Style::new().add_modifier(Modifier::BOLD)))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(screen.with_curve.then_some(screen.selected));
    frame.render_stateful_widget(table, area, &mut state);
}

fn cells(row: &Row, setting: String) -> Cells<'_> {
    Cells::new([
        Cell::from(Span::styled(row.state.name(), colour(row.state))),
        Cell::from(row.trial.as_str()),
        Cell::from(epoch(row)),
        Cell::from(format::metric(row.last())),
        Cell::from(format::metric(row.best())),
        Cell::from(left(row)),
        Cell::from(setting),
    ])
}

fn epoch(row: &Row) -> String {
    match row.state {
        State::Broken => format::MISSING.to_owned(),
        _ => format!("{}/{}", row.done(), row.most_epochs),
    }
}

fn left(row: &Row) -> String {
    row.seconds_left().map_or_else(String::new, format::duration)
}

fn draw_curve(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    let Some(row) = screen.row() else { return };
    let column = screen.column_of(row);
    let note = if row.note.is_empty() { String::new() } else { format!(" ─ {}", row.note) };
    let block = Block::bordered().title(format!(" {column} of {}{note} ", row.trial));
    let points = row.curve(column);
    if points.is_empty() {
        let none = || format!("no value of {column} yet");
        let message = if row.note.is_empty() { none() } else { row.note.clone() };
        let text = Paragraph::new(message).wrap(ratatui::widgets::Wrap { trim: true });
        return frame.render_widget(text.block(block), area);
    }
    let values = points.iter().map(|(_, value)| *value);
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    let room = if high > low { (high - low) * 0.05 } else { low.abs().max(1.0) * 0.05 };
    let bounds = [low - room, high + room];
    let last = points.last().map_or(1.0, |(epoch, _)| *epoch);
    let first = points[0].0.min(last - 1.0).max(0.0);
    let data = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).cyan().data(&points);
    let chart = Chart::new(vec![data])
        .block(block)
        .x_axis(Axis::default().bounds([first, last]).labels([format!("epoch {first}"), format!("{last}")]))
        .y_axis(Axis::default().bounds(bounds).labels([low, high].map(|end| format::metric(Some(end)))));
    frame.render_widget(chart, area);
}

fn keys_line(screen: &Screen) -> Line<'_> {
    let keys = [
        ("↑↓", "select".to_owned()),
        ("r", "next running".to_owned()),
        ("m", "next curve".to_owned()),
        ("s", format!("sort: {}", screen.order.name())),
        ("q", "quit".to_owned()),
    ];
    Line::from_iter(keys.into_iter().flat_map(|(key, what)| [Span::raw(key).bold(), format!(" {what}  ").into()]))
}

fn colour(state: State) -> Style {
    match state {
        State::Running => Style::new().fg(Color::Cyan),
        State::Done => Style::new().fg(Color::Green),
        State::Stopped => Style::new().fg(Color::Blue),
        State::Interrupted => Style::new().fg(Color::Yellow),
        State::Failed | State::Broken => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        State::Waiting => Style::new().add_modifier(Modifier::DIM),
    }
}
