// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// A page of runs as the API server tabulates them (meta.k8s.io/v1 Table): what `kubectl get agentruns` prints.
///
/// A table is a tenth of the objects themselves, and a run that this version could not read has its row like the
/// others.
struct RunTable: Sendable, Hashable {
    /// The content of `Accept` that asks for a table.
    static let mediaType = "application/json;as=Table;v=v1;g=meta.k8s.io"

    /// One run.
    struct Row: Sendable, Hashable {
        var namespace: String
        var name: String
        var created: Timestamp?
        /// One text a column.
        var cells: [String]
    }

    /// The names of the columns that kubectl shows without `-o wide`.
    var columns: [String] = []
    /// Newest first.
    var rows: [Row] = []
    /// Asks for the next page; nil at the end.
    var continueToken: String?

    /// No runs.
    init() {}

    /// Reads a table; nil when this is none.
    init?(_ json: JSONValue) {
        guard json["kind"] == "Table", let definitions = json["columnDefinitions"]?.arrayValue else { return nil }
        let shown = definitions.indices.filter { (definitions[$0]["priority"]?.integerValue ?? 0) == 0 }
        columns = shown.map { definitions[$0]["name"]?.stringValue ?? "" }
        for row in json["rows"]?.arrayValue ?? [] {
            guard let metadata = row.at("object", "metadata"), let name = metadata["name"]?.stringValue,
                let namespace = metadata["namespace"]?.stringValue, let cells = row["cells"]?.arrayValue
            else { return nil }
            rows.append(
                Row(
                    namespace: namespace, name: name,
                    created: metadata["creationTimestamp"]?.stringValue.flatMap { Timestamp($0) },
                    cells: shown.map { cells.indices.contains($0) ? Self.text(cells[$0]) : "" }))
        }
        rows.sort { left, right in
            left.created == right.created
                ? (left.namespace, left.name) < (right.namespace, right.name)
                : (left.created?.microseconds ?? 0) > (right.created?.microseconds ?? 0)
        }
        continueToken = json.at("metadata", "continue")?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The runs of one phase; one that the controller has not seen yet is pending.
    func only(_ phase: RunPhase?) -> RunTable {
        guard let phase, let column = columns.firstIndex(of: "Phase") else { return self }
        var table = self
        table.rows = rows.filter { row in
            (row.cells[column].isEmpty ? RunPhase.pending.rawValue : row.cells[column]) == phase.rawValue
        }
        return table
    }

    private static func text(_ cell: JSONValue) -> String {
        switch cell {
        case .null: ""
        case .string(let text): text
        default: cell.encodedString()
        }
    }
}
