// SPDX-License-Identifier: MIT
import JSONCoding

/// Reading and writing the parts that every Kubernetes object has.
extension JSONValue {
    var apiVersion: String { self["apiVersion"]?.stringValue ?? "" }
    var kind: String { self["kind"]?.stringValue ?? "" }
    var name: String { meta("name")?.stringValue ?? "" }
    var namespace: String { meta("namespace")?.stringValue ?? "" }
    var uid: String { meta("uid")?.stringValue ?? "" }
    var resourceVersion: String { meta("resourceVersion")?.stringValue ?? "" }
    var generation: Int64 { meta("generation")?.integerValue ?? 0 }
    var isBeingDeleted: Bool { meta("deletionTimestamp")?.stringValue != nil }
    var labels: [String: String] { meta("labels")?.stringMap ?? [:] }
    var annotations: [String: String] { meta("annotations")?.stringMap ?? [:] }
    var finalizers: [String] { meta("finalizers")?.strings ?? [] }
    var ownerReferences: [JSONValue] { meta("ownerReferences")?.arrayValue ?? [] }

    func meta(_ key: String) -> JSONValue? { self["metadata"]?[key] }

    /// Sets or, with nil, removes a member of `metadata`.
    mutating func setMeta(_ key: String, _ value: JSONValue?) {
        setValue(value, at: ["metadata", key])
    }

    /// The string items of an array.
    var strings: [String] { arrayValue?.compactMap(\.stringValue) ?? [] }

    /// Without a member, for comparisons.
    func removing(_ key: String) -> JSONValue {
        var copy = self
        copy[key] = nil
        return copy
    }

    /// Gives the member a value where it has none.
    mutating func setDefault(_ value: @autoclosure () -> JSONValue, at path: String...) {
        let current = at(path)
        if current == nil || current?.isNull == true { setValue(value(), at: path) }
    }
}
