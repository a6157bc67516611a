// SPDX-License-Identifier: MIT
import JSONCoding

/// Validation of `metadata`, the same for every kind.
enum MetadataRules {
    private static let annotationLimit = 256 << 10
    private static let standardFinalizers: Set<String> = [
        DeletionRules.foreground, DeletionRules.orphan, "kubernetes",
    ]

    static func validate(_ object: JSONValue, resource: ServedResource) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        causes += map(object, "labels") { key, value in
            if let problem = NameRules.problem(withQualifiedName: key) { return (key, problem) }
            return NameRules.problem(withLabelValue: value).map { (value, $0) }
        }
        causes += map(object, "annotations") { key, _ in
            NameRules.problem(withQualifiedName: key.lowercased()).map { (key, $0) }
        }
        let size = object.annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > annotationLimit {
            causes.append(
                .init(
                    reason: "FieldValueTooLong", message: "Too long: may not be more than \(annotationLimit) bytes",
                    field: "metadata.annotations"))
        }
        for (index, finalizer) in object.finalizers.enumerated() {
            let place = "metadata.finalizers[\(index)]"
            if let problem = NameRules.problem(withQualifiedName: finalizer) {
                causes.append(.invalid(place, .string(finalizer), problem))
            } else if resource.custom == nil, !finalizer.contains("/"), !standardFinalizers.contains(finalizer) {
                causes.append(
                    .invalid(
                        place, .string(finalizer), "name is neither a standard finalizer name nor is it fully qualified"
                    ))
            }
        }
        causes += owners(object)
        return causes
    }

    private static func map(
        _ object: JSONValue, _ field: String, problem: (String, String) -> (value: String, text: String)?
    ) -> [StatusError.Cause] {
        guard let value = object.meta(field), !value.isNull else { return [] }
        guard let members = value.objectValue else {
            return [.invalid("metadata.\(field)", value, "must be an object of strings")]
        }
        return members.compactMap { key, value in
            guard let text = value.stringValue else {
                return .invalid("metadata.\(field)", value, "the value of \(key) must be a string")
            }
            return problem(key, text).map { .invalid("metadata.\(field)", .string($0.value), $0.text) }
        }
    }

    private static func owners(_ object: JSONValue) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        let owners = object.ownerReferences
        for (index, owner) in owners.enumerated() {
            for field in ["apiVersion", "kind", "name", "uid"] where owner[field]?.stringValue?.isEmpty ?? true {
                causes.append(
                    .invalid("metadata.ownerReferences[\(index)].\(field)", owner[field] ?? "", "must not be empty"))
            }
        }
        if owners.filter({ $0["controller"]?.boolValue == true }).count > 1 {
            causes.append(
                .invalid(
                    "metadata.ownerReferences", .array(owners), "Only one reference can have Controller set to true"))
        }
        return causes
    }
}
