// SPDX-License-Identifier: MIT
package import JSONCoding

/// Why the API refused something, in the shape that Kubernetes clients decode (`kind: Status`).
///
/// Every refusal inside the server is one of these, so that HTTP clients, watches and the controllers inside the
/// process see the same code, reason and sentence.
package struct StatusError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One field that was wrong, for reason `Invalid` and for apply conflicts.
    package struct Cause: Sendable, Hashable {
        /// Machine readable: `FieldValueInvalid`, `FieldValueRequired`, `FieldManagerConflict`, …
        package var reason: String
        /// What is wrong with the field.
        package var message: String
        /// The field's path, such as `spec.replicas`.
        package var field: String?

        package init(reason: String, message: String, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The HTTP status.
    package var code: Int
    /// The machine readable reason of metav1.Status, such as `NotFound`.
    package var reason: String
    /// The sentence that people read.
    package var message: String
    /// The object that the answer is about.
    package var name: String?
    /// API group of the object.
    package var group: String?
    /// Kind or plural of the object, as metav1.StatusDetails wants it.
    package var kind: String?
    /// The fields that were wrong.
    package var causes: [Cause]
    /// Seconds after which trying again makes sense.
    package var retryAfterSeconds: Int?
    /// What the client is told besides, as values of `Warning` headers.
    package var warnings: [String] = []
    /// With what a list whose token has expired can go on, though not consistently (`metadata.continue`).
    package var continuation: String?

    package init(
        code: Int, reason: String, message: String, name: String? = nil, group: String? = nil, kind: String? = nil,
        causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.name = name
        self.group = group
        self.kind = kind
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var description: String { "\(reason) (\(code)): \(message)" }

    /// Whether the object does not exist; the usual case that a controller treats as done.
    package var isNotFound: Bool { reason == "NotFound" }
    /// Whether somebody else wrote first.
    package var isConflict: Bool { reason == "Conflict" }
    /// Whether an object of that name is there already.
    package var isAlreadyExists: Bool { reason == "AlreadyExists" }

    /// The metav1.Status object.
    package var json: JSONValue {
        var details = JSONObject()
        if let name { details["name"] = .string(name) }
        if let group, !group.isEmpty { details["group"] = .string(group) }
        if let kind { details["kind"] = .string(kind) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var item = JSONObject()
                    if !cause.reason.isEmpty { item["reason"] = .string(cause.reason) }
                    item["message"] = .string(cause.message)
                    if let field = cause.field { item["field"] = .string(field) }
                    return .object(item)
                })
        }
        if let retryAfterSeconds { details["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        var metadata = JSONObject()
        if let continuation { metadata["continue"] = .string(continuation) }
        var status: JSONObject = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(metadata), "status": "Failure",
            "message": .string(message),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if details.count > 0 { status["details"] = .object(details) }
        status["code"] = .integer(Int64(code))
        return .object(status)
    }
}

extension StatusError {
    /// The same with what a client is to be told besides.
    func warning(_ warnings: Warnings) -> StatusError {
        var copy = self
        copy.warnings += warnings.headers
        return copy
    }

    /// 400: the request itself cannot be understood.
    package static func badRequest(_ message: String) -> StatusError {
        StatusError(code: 400, reason: "BadRequest", message: message)
    }

    /// 401: no or unknown credentials. The message is the one that kubectl recognises.
    package static let unauthorized = StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")

    /// 404 for a path that nothing serves.
    package static let noSuchPath = StatusError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource")

    /// 404 for an object.
    package static func notFound(group: String, plural: String, name: String) -> StatusError {
        StatusError(
            code: 404, reason: "NotFound", message: "\(qualified(plural, group)) \"\(name)\" not found", name: name,
            group: group, kind: plural)
    }

    /// 409 because the name is taken.
    package static func alreadyExists(group: String, plural: String, name: String) -> StatusError {
        StatusError(
            code: 409, reason: "AlreadyExists", message: "\(qualified(plural, group)) \"\(name)\" already exists",
            name: name, group: group, kind: plural)
    }

    /// 409 because the object changed since it was read, or a precondition did not hold.
    package static func conflict(group: String, plural: String, name: String, why: String) -> StatusError {
        StatusError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(qualified(plural, group)) \"\(name)\": \(why)", name: name,
            group: group, kind: plural)
    }

    /// 403 with the reason why.
    package static func forbidden(group: String, plural: String, name: String, why: String) -> StatusError {
        let object = name.isEmpty ? qualified(plural, group) : "\(qualified(plural, group)) \"\(name)\""
        return StatusError(
            code: 403, reason: "Forbidden", message: "\(object) is forbidden: \(why)",
            name: name.isEmpty ? nil : name, group: group, kind: plural)
    }

    /// 422 with every field that is wrong.
    package static func invalid(group: String, kind: String, name: String, causes: [Cause]) -> StatusError {
        let sentences = causes.map { cause in cause.field.map { "\($0): \(cause.message)" } ?? cause.message }
        let list = sentences.count == 1 ? sentences[0] : "[" + sentences.joined(separator: ", ") + "]"
        return StatusError(
            code: 422, reason: "Invalid", message: "\(qualified(kind, group)) \"\(name)\" is invalid: \(list)",
            name: name.isEmpty ? nil : name, group: group, kind: kind, causes: causes)
    }

    /// 410: the resource version asked for has left the history; list again.
    package static func expired(_ message: String) -> StatusError {
        StatusError(code: 410, reason: "Expired", message: message)
    }

    /// 504: a version that the server has not seen and did not see within the time that it waits for one.
    package static func tooLarge(_ wanted: UInt64, current: UInt64) -> StatusError {
        StatusError(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(wanted), current: \(current)",
            causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
            retryAfterSeconds: 1)
    }

    /// 422: a JSON patch whose operations do not fit the object. The first words are those of Kubernetes, which says no
    /// more.
    package static func rejectedPatch(_ why: String) -> StatusError {
        StatusError(
            code: 422, reason: "Invalid",
            message: "the server rejected our request due to an error in our request: \(why)")
    }

    /// 406: none of the representations that the client accepts is made.
    package static func notAcceptable(_ message: String) -> StatusError {
        StatusError(code: 406, reason: "NotAcceptable", message: message)
    }

    /// 405: the resource exists and has no such verb.
    package static let methodNotAllowed = StatusError(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource")

    /// 415: a patch or body of a type that is not served.
    package static func unsupportedMediaType(_ type: String) -> StatusError {
        StatusError(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: \(type)")
    }

    /// 500: something that should not happen did.
    package static func internalError(_ message: String) -> StatusError {
        StatusError(code: 500, reason: "InternalError", message: "Internal error occurred: \(message)")
    }

    private static func qualified(_ name: String, _ group: String) -> String {
        group.isEmpty ? name : "\(name).\(group)"
    }
}
