// SPDX-License-Identifier: MIT
import JSONCoding

/// Values as people read them.
enum Words {
    /// A moment, for people and programs; a dash where it is not known.
    static func time(_ time: Timestamp?) -> HTML {
        guard let time else { return HTML("–") }
        let text = time.description
        return HTML(.time, .datetime(time)) { "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC" }
    }

    /// A text; a dash for one that is missing or empty.
    static func text(_ text: String?) -> String {
        if let text, !text.isEmpty { text } else { "–" }
    }

    /// A span of time in its two largest units.
    static func duration(seconds: Int) -> String {
        let seconds = max(0, seconds)
        let units = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")].drop { $0.0 == 0 }
        let shown = units.prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return shown.isEmpty ? "0 s" : shown.joined(separator: " ")
    }

    /// A number of bytes in its largest binary unit, with one digit after the point.
    static func bytes(_ count: Int) -> String {
        var (tenths, unit) = (max(0, count) * 10, "bytes")
        for larger in ["KiB", "MiB", "GiB"] where tenths >= 10_240 { (tenths, unit) = (tenths / 1024, larger) }
        return unit == "bytes" ? "\(tenths / 10) bytes" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    /// A count with its thousands apart.
    static func count(_ number: Int64) -> String {
        let digits = Array(String(max(0, number)))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append("\u{202F}") }
            text.append(digit)
        }
        return text
    }

    /// Yes, no, or a dash.
    static func answer(_ value: Bool?) -> String { value.map { $0 ? "yes" : "no" } ?? "–" }
}

extension HTML {
    /// Terms with what is known of each.
    static func facts(_ facts: [(term: String, value: HTML)]) -> HTML {
        HTML(.dl) {
            for fact in facts {
                HTML(.dt) { fact.term }
                HTML(.dd) { fact.value }
            }
        }
    }

    /// A table with a caption; one cell of each row, by default the first, is the row's header.
    static func table(_ caption: String, _ columns: [String], rowHeader: Int = 0, _ rows: [[HTML]]) -> HTML {
        HTML(.table) {
            HTML(.caption) { caption }
            HTML(.thead) {
                HTML(.tr) { for column in columns { HTML(.th, .headsColumn) { column } } }
            }
            HTML(.tbody) {
                for row in rows {
                    HTML(.tr) {
                        for (index, cell) in row.enumerated() {
                            if index == rowHeader { HTML(.th, .headsRow) { cell } } else { HTML(.td) { cell } }
                        }
                    }
                }
            }
        }
    }

    /// A section with its heading.
    static func section(_ heading: String, @HTMLBuilder _ content: () -> HTML) -> HTML {
        HTML(.section) {
            HTML(.h2) { heading }
            content()
        }
    }
}
