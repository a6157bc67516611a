// SPDX-License-Identifier: MIT
import AgentAPI

/// The runs that somebody may see, newest first.
struct RunListPage: Sendable {
    let filter: RunFilter
    let table: RunTable

    /// The page.
    var page: Page {
        Page("Runs", isSignedIn: true) {
            Self.form(filter)
            if table.rows.isEmpty {
                HTML(.p) {
                    filter == RunFilter()
                        ? "There are no runs yet. A label such as run:dev on an issue starts one."
                        : "No run is like that here."
                }
            } else {
                // As with kubectl: one namespace is not repeated in each row.
                let first = filter.namespace == nil ? ["Namespace"] : []
                HTML.table(caption, first + table.columns, rowHeader: first.count, table.rows.map(cells))
            }
            if let token = table.continueToken { more(token) }
        }
    }

    /// What asks for other runs.
    static func form(_ filter: RunFilter) -> HTML {
        HTML(.form, .gets, .action(.runs), .class("filter")) {
            HTML(.label, .label(for: "namespace")) { "Namespace" }
            HTML(.input, .id("namespace"), .name("namespace"), .value(filter.namespace ?? ""), .isNotKept)
            HTML(.label, .label(for: "phase")) { "Phase" }
            HTML(.select, .id("phase"), .name("phase")) {
                HTML(.option, .value("")) { "any" }
                for phase in RunPhase.allCases {
                    if phase == filter.phase {
                        HTML(.option, .value(phase.rawValue), .isSelected) { phase.rawValue }
                    } else {
                        HTML(.option, .value(phase.rawValue)) { phase.rawValue }
                    }
                }
            }
            HTML(.button) { "Show" }
        }
    }

    private var caption: String {
        let place = filter.namespace.map { "in namespace \($0)" } ?? "in all namespaces"
        return "\(table.rows.count) \(table.rows.count == 1 ? "run" : "runs") \(place), newest first"
    }

    private func cells(_ row: RunTable.Row) -> [HTML] {
        (filter.namespace == nil ? [HTML(row.namespace)] : [])
            + zip(table.columns, row.cells).map { column, text in
                switch (column, row.created) {
                case ("Name", _):
                    HTML(.a, .href(RunAddress.path(namespace: row.namespace, name: row.name))) { row.name }
                case ("Age", let created?): HTML(.time, .datetime(created)) { text }
                default: HTML(Words.text(text))
                }
            }
    }

    /// The API server hands runs out by name and cannot order them by age, so the words say what the order is worth.
    private func more(_ token: String) -> HTML {
        var next = filter
        next.continueToken = token
        return HTML(.p) {
            """
            The API server gives at most \(filter.limit) runs at once, by namespace and name; newest first holds among \
            these. 
            """
            HTML(.a, .href(next.path)) { "More runs" }
        }
    }
}
