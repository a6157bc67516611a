// SPDX-License-Identifier: MIT
import JSONCoding
import Synchronization

/// What a write carries besides the object.
struct WriteRequest: Sendable {
    /// What is done about fields that the schema does not know.
    enum FieldValidation: String, Sendable {
        case ignore = "Ignore"
        case warn = "Warn"
        case strict = "Strict"
    }

    var user: UserInfo = .apiServer
    /// Under which name the written fields are recorded.
    var fieldManager = "apiserver"
    /// Do everything but keep nothing.
    var dryRun = false
    var fieldValidation = FieldValidation.ignore
    /// What the client is to be told besides the answer; nil for writers inside the process.
    var warnings: Warnings?
    /// `status`, `finalize`, or nil for the object itself.
    var subresource: String?
    /// Whether this is server-side apply, which brings its own record of fields.
    var isApply = false
    /// Whether the object was made from the stored one: then a strange uid is a wrong field, not a lost race.
    var isPatch = false
}

/// What a client is told besides its answer, in `Warning` headers that kubectl prints.
final class Warnings: Sendable {
    private let texts: Mutex<[String]> = Mutex([])

    /// Adds a warning once.
    func add(_ text: String) {
        texts.withLock { texts in
            if !texts.contains(text) { texts.append(text) }
        }
    }

    /// The values of the headers (RFC 7234 section 5.5, code 299 for anything that stays true).
    var headers: [String] {
        texts.withLock { texts in
            texts.map { text in
                "299 - \"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            }
        }
    }
}

/// What admission is asked about.
struct AdmissionAttributes: Sendable {
    enum Operation: String, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
    }

    var operation: Operation
    var resource: ServedResource
    var subresource: String
    var namespace: String
    var name: String
    var user: UserInfo
    var object: JSONValue?
    var oldObject: JSONValue?
    var dryRun: Bool
}
