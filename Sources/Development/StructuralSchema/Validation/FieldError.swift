// SPDX-License-Identifier: MIT
package import JSONCoding

/// What is wrong with one field of an object, in the form that Kubernetes tells it: a cause of a `Status`.
package struct FieldError: Error, Sendable, Hashable {
    /// Kinds of errors; the raw value is the `reason` of a `Status` cause.
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        case required = "FieldValueRequired"
        case invalid = "FieldValueInvalid"
        case typeInvalid = "FieldValueTypeInvalid"
        case notSupported = "FieldValueNotSupported"
        case duplicate = "FieldValueDuplicate"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"

        /// The words that messages begin with.
        var words: String {
            switch self {
            case .required: "Required value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .duplicate: "Duplicate value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            }
        }
    }

    /// The field, such as `spec.holders[0]`; `<nil>` when no field is meant.
    package let path: String
    /// What kind of error it is.
    package let reason: Reason
    /// The value that was found; `nil` where messages show none.
    package let badValue: JSONValue?
    /// What is wrong with it.
    package let detail: String

    /// An error of a field.
    package init(_ reason: Reason, at path: String, badValue: JSONValue? = nil, _ detail: String = "") {
        self.path = path.isEmpty ? "<nil>" : path
        self.reason = reason
        self.badValue = badValue
        self.detail = detail
    }

    /// The `message` of a `Status` cause: without the field.
    package var message: String {
        var text = reason.words
        switch reason {
        case .required, .forbidden, .tooLong: break
        default:
            if let badValue { text += ": " + badValue.encodedString() }
        }
        return detail.isEmpty ? text : text + ": " + detail
    }
}

extension FieldError: CustomStringConvertible {
    /// Field and message, as they stand in the message of a `Status`.
    package var description: String { "\(path): \(message)" }
}

/// A field's place, built while walking down.
struct FieldPath: Sendable {
    let text: String

    static let root = FieldPath(text: "")

    func child(_ name: String) -> FieldPath { FieldPath(text: text.isEmpty ? name : "\(text).\(name)") }
    func element(_ index: Int) -> FieldPath { FieldPath(text: "\(text)[\(index)]") }
    func key(_ key: String) -> FieldPath { FieldPath(text: "\(text)[\(key)]") }
}
