// SPDX-License-Identifier: MIT

/// The workloads, in the order of running.
enum WorkloadName: String, CaseIterable {
    case fanout
    case fanoutCPU = "fanout_cpu"
    case single, coldsync
    case coldsyncRSS = "coldsync_rss"
    case idle, edge
    case edgeIgnored = "edge_ignored"
    case audit, startup

    /// What each figure of the workload has to be.
    var bars: [Bar] {
        switch self {
        case .fanout: [Bar("ratio_to_limit", .atMost, 1.15)]
        case .fanoutCPU: [Bar("cpu_ms_per_object", .atMost, 1.6), Bar("rss_mb", .atMost, 25, field: false)]
        case .single: [Bar("ratio_to_serial", .atMost, 0.6), Bar("p99_ms", .below, 100)]
        case .coldsync: [Bar("ratio_to_list", .atMost, 2), Bar("cpu_s", .atMost, 0.7), Bar("writes", .atMost, 0)]
        case .coldsyncRSS: [Bar("rss_mb", .atMost, 43), Bar("bytes_per_object", .atMost, 4096)]
        case .idle: [Bar("cpu_s", .atMost, 0.03), Bar("requests", .atMost, 0)]
        case .edge:
            [
                Bar("ratio_to_limit", .atLeast, 0.9, field: false), Bar("p99_ms", .below, 20), Bar("lost", .atMost, 0),
                Bar("doubled", .atMost, 0),
            ]
        case .edgeIgnored: [Bar("rps", .atLeast, 10_000)]
        case .audit: [Bar("ratio_to_insert", .atLeast, 0.7)]
        case .startup: [Bar("ms", .atMost, 50), Bar("rss_mb", .atMost, 20), Bar("binary_mb", .atMost, 25)]
        }
    }
}

/// What a figure has to be.
struct Bar {
    enum Relation: String { case atMost = "≤", below = "<", atLeast = "≥" }

    let name: String
    let relation: Relation
    let value: Double
    /// Whether it is a field of the JSON line, or only judged.
    let isField: Bool

    init(_ name: String, _ relation: Relation, _ value: Double, field: Bool = true) {
        self.name = name
        self.relation = relation
        self.value = value
        isField = field
    }

    func isMet(by figure: Double) -> Bool {
        switch relation {
        case .atMost: figure <= value
        case .below: figure < value
        case .atLeast: figure >= value
        }
    }
}

/// What was measured.
struct WorkloadResult {
    let name: WorkloadName
    /// The fields of the JSON line, in order.
    var fields: [(name: String, value: Double)]
    /// Judged by a bar without being a field.
    var judged: [String: Double] = [:]
    /// What the reader should know beside the figures.
    var notes: [String] = []

    func value(of name: String) -> Double? { judged[name] ?? fields.first { $0.name == name }?.value }
}
