// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// In which shape a client wants objects: as they are, as rows of a table, or their metadata alone.
enum ResponseFormat: Sendable, Equatable {
    case object
    case table
    case metadata

    /// The first of the accepted types that is served.
    ///
    /// - Throws: 406 when there is none, and for the metadata of a list that is asked for as that of one object.
    init(accept: String?, verb: String) throws(StatusError) {
        guard let accept, !accept.isEmpty else {
            self = .object
            return
        }
        var isKnownType = false
        for part in accept.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let type = pieces.first, ["application/json", "application/*", "*/*"].contains(type) else { continue }
            isKnownType = true
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst() {
                let pair = piece.split(separator: "=", maxSplits: 1).map(String.init)
                if pair.count == 2 { parameters[pair[0]] = pair[1] }
            }
            switch parameters["as"] {
            case nil: self = .object
            case "Table": self = .table
            case "PartialObjectMetadata" where verb == "list":
                throw .notAcceptable("you requested PartialObjectMetadata, but the requested object is a list")
            case "PartialObjectMetadata", "PartialObjectMetadataList": self = .metadata
            default: continue
            }
            return
        }
        // Texts, such as logs, are asked for as what they are.
        if verb == "get", accept.contains("text/plain") {
            self = .object
            return
        }
        throw isKnownType
            ? .notAcceptable("only the following media types are accepted: application/json")
            : .notAcceptable("406: Not Acceptable\n\nAvailable representations: application/json")
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
