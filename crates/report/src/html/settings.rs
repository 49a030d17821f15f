//! The table of settings: means over seeds, the best first.

use maud::{Markup, html};

use super::Page;
use super::runs::{number_cell, value_cell};
use crate::comparison::Against;
use crate::format;

/// A line for each setting, told apart by what differs; nothing without runs.
pub(super) fn table(page: &Page) -> Markup {
    let comparison = &page.comparison;
    html! {
        @if !comparison.settings.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="settings" {
                table.sortable id="settings-table" {
                    thead { tr {
                        th.number scope="col" { "#" }
                        @for path in &comparison.parameters { th scope="col" title=(path) { (page.labels.name(path)) } }
                        th.number scope="col" { (comparison.metric) }
                        th.number scope="col" { "± 95 %" }
                        th.number scope="col" { (comparison.several()) }
                        th.number scope="col" { "behind best" }
                        th scope="col" { "p (Holm)" }
                    } }
                    tbody { @for (place, setting) in comparison.settings.iter().enumerate() {
                        tr {
                            td.number data-value=(place + 1) { (place + 1) }
                            @for (path, value) in comparison.parameters.iter().zip(&setting.values) { (value_cell(page, path, value.as_ref())) }
                            (number_cell(setting.estimate.map(|estimate| estimate.mean)))
                            (number_cell(setting.estimate.and_then(|estimate| estimate.half_width)))
                            td.number data-value=(setting.repeats.len()) { (setting.count()) }
                            (against(&setting.against_best))
                        }
                    } }
                }
            }
            p.note {
                "Mean over " (comparison.repeated()) " ± half the 95 % t-interval. p: " (comparison.test.name()) " over common " (comparison.several()) ", each against the best, "
                "corrected by Holm's method over all pairs."
            }
        }
    }
}

fn against(against: &Against) -> Markup {
    match against {
        Against::Best => html! { td.number data-value="0" { (format::MISSING) } td data-value="2" { "best" } },
        Against::Tested(tested) => html! {
            td.number data-value=(tested.difference) { (format::difference(tested.difference)) }
            td data-value=(tested.corrected) { @if tested.corrected < 0.001 { "< 0.001" } @else { (format!("{:.3}", tested.corrected)) } }
        },
        Against::Untested(reason) => html! { td.number data-value="" { (format::MISSING) } td { div { (reason) } } },
    }
}
