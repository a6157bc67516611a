// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

/// Where the next page of a list begins, and of which moment the list is: what `metadata.continue` says.
///
/// The token is the one of Kubernetes (base64 of a small JSON text) and all that a later page needs, so nothing is kept
/// for lists that nobody reads to the end, and a token outlives a restart of the server.
struct ContinueToken: Sendable, Equatable {
    /// The revision of the first page; -1 for "now", which is what a client gets to go on with after a 410.
    var revision: Int64
    /// The first key that may follow: `namespace/name` and a zero character, after the last object that was sent. A list
    /// in one namespace leaves the namespace out.
    var start: String

    private static let version = "meta.k8s.io/v1"

    /// The token after an object.
    init(revision: Int64, after key: StorageKey) {
        self.revision = revision
        start = (key.namespace.isEmpty ? key.name : "\(key.namespace)/\(key.name)") + "\0"
    }

    /// Whether an object belongs to the rest of the list.
    func precedes(_ key: StorageKey) -> Bool {
        let parts = start.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let first = parts.count > 1 ? (parts[0], parts[1]) : (key.namespace, start)
        return (key.namespace, key.name) >= first
    }

    /// The text that clients send back.
    var text: String {
        let json: JSONValue = ["v": .string(Self.version), "rv": .integer(revision), "start": .string(start)]
        let encoded = Base64URL.encode(json.encoded())
        return String(encoded.prefix { $0 != "=" })
    }

    /// Reads a token.
    ///
    /// - Throws: 400 for what no server gave.
    init(_ text: String) throws(StatusError) {
        guard let bytes = Base64URL.decode(text) else { throw Self.invalid("illegal base64 data") }
        guard let json = try? JSONValue.parse(bytes), json.objectValue != nil else {
            throw Self.invalid("invalid character in the encoded value")
        }
        guard json["v"]?.stringValue == Self.version else {
            throw Self.invalid("server does not recognize this encoded version \"\(json["v"]?.stringValue ?? "")\"")
        }
        guard let revision = json["rv"]?.integerValue, revision > 0 || revision == -1 else {
            throw Self.invalid("incorrect encoded start resourceVersion (version \(Self.version))")
        }
        guard let start = json["start"]?.stringValue, !start.isEmpty else {
            throw Self.invalid("encoded start key empty (version \(Self.version))")
        }
        self.revision = revision
        self.start = String(start.drop { $0 == "/" })
    }

    private static func invalid(_ problem: String) -> StatusError {
        .badRequest("invalid continue token: continue key is not valid: \(problem)")
    }
}
