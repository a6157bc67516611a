// SPDX-License-Identifier: MIT
import JSONCoding
import Synchronization
import SystemCalls

/// Prints what was measured, as it comes.
final class Report: Sendable {
    private let isJSON: Bool
    private let isPeer: Bool
    private let missed = Mutex<[String]>([])

    init(isJSON: Bool, isPeer: Bool) {
        self.isJSON = isJSON
        self.isPeer = isPeer
    }

    /// Says on which machine, because figures of two runs are not to be compared.
    func begin(_ settings: BenchSettings) {
        let load = (try? Files.readText("/proc/loadavg", limit: 256))?.split(separator: " ").prefix(3)
        let cores = ((try? Files.readText("/proc/cpuinfo", limit: 1 << 20)) ?? "").split(separator: "\n")
            .count { $0.hasPrefix("processor") }
        progress(
            "server: \(settings.server); objects: \(settings.objects); \(cores) cores, load \(load?.joined(separator: " ") ?? "?")")
        guard !isJSON else { return }
        line("workload", "figure", "measured", "bar", "")
    }

    /// One workload.
    func add(_ result: WorkloadResult) {
        if isJSON {
            var object: JSONObject = ["workload": .string(result.name.rawValue)]
            for field in result.fields { object[field.name] = Self.number(field.value) }
            StandardStreams.writeOutputLine(JSONValue.object(object).encodedString())
        }
        let bars = result.name.bars
        var rows = result.fields.map { $0.name }
        rows += bars.map(\.name).filter { name in !rows.contains(name) }
        for name in rows {
            guard let value = result.value(of: name) else { continue }
            let bar = bars.first { $0.name == name }
            let isMet = bar?.isMet(by: value)
            if isMet == false { missed.withLock { $0.append("\(result.name.rawValue) \(name)") } }
            guard !isJSON else { continue }
            line(
                result.name.rawValue, name, Self.text(value), bar.map { "\($0.relation.rawValue) \(Self.text($0.value))" } ?? "",
                isMet.map { $0 ? "met" : "MISSED" } ?? "")
        }
        for note in result.notes { progress("  \(result.name.rawValue): \(note)") }
    }

    /// The bars that were missed, in one line.
    func end() {
        let missed = missed.withLock { $0 }
        progress(missed.isEmpty ? "every bar was met" : "missed: \(missed.joined(separator: ", "))")
    }

    /// What goes on, for a person who waits; not among the figures.
    func progress(_ text: String) { StandardStreams.writeErrorLine("bench: \(text)") }

    private func line(_ columns: String...) {
        let widths = [14, 20, 12, 12, 6]
        let cells = zip(columns, widths).map { text, width in
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        var text = cells.joined(separator: " ")
        while text.last == " " { text.removeLast() }
        StandardStreams.writeOutputLine(text)
    }

    /// Three significant places are more than such figures repeat to.
    static func rounded(_ value: Double) -> Double {
        let scale: Double = abs(value) >= 100 ? 10 : abs(value) >= 10 ? 100 : 1000
        return (value * scale).rounded() / scale
    }

    private static func number(_ value: Double) -> JSONValue {
        let value = rounded(value)
        return value == value.rounded() && abs(value) < 1e15 ? .integer(Int64(value)) : .double(value)
    }

    private static func text(_ value: Double) -> String { number(value).encodedString() }
}

/// The order statistics of a workload's times.
struct Latencies {
    private(set) var milliseconds: [Double] = []

    init(_ durations: [Duration]) { milliseconds = durations.map(\.milliseconds).sorted() }

    /// The value that this share of the times does not exceed (nearest rank).
    func percentile(_ share: Double) -> Double {
        guard !milliseconds.isEmpty else { return 0 }
        let rank = Int((share * Double(milliseconds.count)).rounded(.up)) - 1
        return milliseconds[min(max(0, rank), milliseconds.count - 1)]
    }

    var p50: Double { percentile(0.5) }
    var p99: Double { percentile(0.99) }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var milliseconds: Double { seconds * 1000 }
}
