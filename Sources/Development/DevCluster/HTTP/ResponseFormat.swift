// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// In which shape a client wants objects: as they are, as rows of a table, or their metadata alone.
enum ResponseFormat: Sendable, Equatable {
    case object
    case table
    case metadata

    /// The first of the accepted types that is served; JSON of the objects when there is none, which every client
    /// reads.
    init(accept: String?) {
        for part in (accept ?? "").split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let type = pieces.first, type == "application/json" || type == "*/*" else { continue }
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst() {
                let pair = piece.split(separator: "=", maxSplits: 1).map(String.init)
                if pair.count == 2 { parameters[pair[0]] = pair[1] }
            }
            switch parameters["as"] {
            case nil: self = .object
            case "Table": self = .table
            case "PartialObjectMetadata", "PartialObjectMetadataList": self = .metadata
            default: continue
            }
            return
        }
        self = .object
    }

    /// One object in this shape.
    func render(
        _ object: JSONValue, resource: ServedResource, tables: TableRenderer, includeObject: String
    ) -> JSONValue {
        switch self {
        case .object: object
        case .metadata: Self.partial(object)
        case .table:
            tables.table(
                [object], resource: resource, listMeta: ["resourceVersion": .string(object.resourceVersion)],
                includeObject: includeObject)
        }
    }

    /// Metadata alone.
    static func partial(_ object: JSONValue) -> JSONValue {
        .object([
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
        ])
    }
}
