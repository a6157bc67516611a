// SPDX-License-Identifier: MIT
package import JSONCoding

/// What the server says instead of an object: an error, or the outcome of a deletion (`metav1.Status`).
package struct Status: Codable, Sendable, Hashable, Error {
    /// `Success` or `Failure`.
    @Omittable package var status: String = ""
    @Omittable package var message: String = ""
    /// The machine-readable reason, as in `NotFound`.
    @Omittable package var reason: String = ""
    package var details: StatusDetails?
    /// The HTTP status code; in a watch the only place where it is.
    @Omittable package var code: Int = 0

    /// A status; by default one of failure.
    package init(status: String = "Failure", message: String, reason: String, code: Int, details: StatusDetails? = nil)
    {
        self.status = status
        self.message = message
        self.reason = reason
        self.code = code
        self.details = details
    }

    /// The status as it goes over the wire.
    package func manifest() throws -> JSONValue {
        var content = try JSONValue(encoding: self)
        content["apiVersion"] = "v1"
        content["kind"] = "Status"
        content["metadata"] = .object([:])
        return content
    }
}

/// What a status says in detail.
package struct StatusDetails: Codable, Sendable, Hashable {
    /// The object that is meant.
    package var name: String?
    /// The group of its type.
    package var group: String?
    /// Its type: the plural name, or the kind.
    package var kind: String?
    /// Its uid.
    package var uid: String?
    /// The reasons, one a wrong field.
    @Omittable package var causes: [StatusCause] = []
    /// Seconds to wait before another try.
    package var retryAfterSeconds: Int?

    /// Details.
    package init(
        name: String? = nil, group: String? = nil, kind: String? = nil, uid: String? = nil,
        causes: [StatusCause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.name = name
        self.group = group
        self.kind = kind
        self.uid = uid
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// One reason among several: usually one wrong field.
package struct StatusCause: Codable, Sendable, Hashable {
    /// One word, as in `FieldValueInvalid`.
    @Omittable package var reason: String
    /// A sentence for people.
    @Omittable package var message: String
    /// The path of the field, as in `spec.issue`.
    package var field: String?

    /// A cause.
    package init(reason: String, message: String, field: String? = nil) {
        self.reason = reason
        self.message = message
        self.field = field
    }
}
