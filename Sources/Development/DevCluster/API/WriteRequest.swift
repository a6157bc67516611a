// SPDX-License-Identifier: MIT
import JSONCoding

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
    /// `status`, `finalize`, or nil for the object itself.
    var subresource: String?
    /// Whether this is server-side apply, which brings its own record of fields.
    var isApply = false
    /// Whether the object was made from the stored one: then a strange uid is a wrong field, not a lost race.
    var isPatch = false
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
