// SPDX-License-Identifier: MIT
import JSONCoding

/// The types of Kubernetes' own API, as far as their kinds are served: which fields there are, of what type, which are
/// required, and how lists merge.
///
/// They are what strict field validation, pruning and the OpenAPI documents are made of, so that these three cannot
/// disagree. The facts are those of the published API (1.36); each line of the tables is a type:
/// `group.Type: field type …, …`. After a type's name `~` is a map that is replaced as a whole and `?` a type without
/// known fields. After a field's name `!` is required. Types: s string, y base64, t and u times, i and l integers of 32
/// and 64 bits, d number, b truth value, q quantity, o integer or string, `any`, else a type, of the same group when it
/// names none; `*` is a list of, `%` a map of. Then, as needed: `atomic`, `set` or `map(key+…)` for lists,
/// `patch(strategy:key)`, `{A|B}` possible values, `=default`.
struct BuiltInTypes: Sendable {
    /// The type of a value.
    indirect enum Shape: Sendable, Equatable {
        case string, bytes, time, microTime, int32, int64, double, bool, quantity, intOrString, any
        case list(Shape)
        case map(Shape)
        case type(String)
    }

    /// A field of a type.
    struct Field: Sendable {
        /// Its name.
        var name: String
        /// Whether it must be there.
        var isRequired: Bool
        /// What its value is.
        var shape: Shape
        /// `atomic`, `set` or `map`, for lists and maps.
        var listType: String?
        /// What identifies the items of a `map` list.
        var listKeys: [String] = []
        /// How a strategic merge patch treats it: `merge`, `retainKeys`.
        var patchStrategy: String?
        /// What identifies items in a strategic merge patch.
        var patchKey: String?
        /// The possible values; empty for any.
        var values: [String] = []
        /// What a missing value means.
        var defaultValue: JSONValue?
    }

    /// A type with its fields in the order of their names.
    struct Definition: Sendable {
        /// `group.Type`.
        var name: String
        /// Whether values are replaced as a whole.
        var isAtomic: Bool
        /// Whether nothing is known about the fields.
        var isOpaque: Bool
        /// The fields.
        var fields: [Field]
        /// The same by name.
        var byName: [String: Field]
    }

    /// All types, by `group.Type`.
    static let all: [String: Definition] = {
        let text = [metadata, core, pods, volumes, workloads, access, extensions].joined(separator: "\n")
        var found: [String: Definition] = [:]
        for line in text.split(separator: "\n") {
            let definition = parse(line)
            found[definition.name] = definition
        }
        return found
    }()

    /// The type of a kind that is served; nil for custom resources.
    static func definition(group: String, kind: String) -> Definition? {
        groups[group].flatMap { all["\($0).\(kind)"] }
    }

    /// API group to the word that stands for it in the tables.
    private static let groups: [String: String] = [
        "": "core", "apps": "apps", "batch": "batch", "networking.k8s.io": "net", "policy": "policy",
        "coordination.k8s.io": "coord", "events.k8s.io": "events", "rbac.authorization.k8s.io": "rbac",
        "authentication.k8s.io": "authn", "authorization.k8s.io": "authz", "apiextensions.k8s.io": "ext",
        "admissionregistration.k8s.io": "admission",
    ]

    // MARK: Reading the tables

    private static func parse(_ line: Substring) -> Definition {
        let parts = line.split(separator: ":", maxSplits: 1)
        var head = parts[0].filter { $0 != " " }
        let isOpaque = head.hasSuffix("?")
        if isOpaque { head.removeLast() }
        let isAtomic = head.hasSuffix("~")
        if isAtomic { head.removeLast() }
        let group = String(head.prefix { $0 != "." })
        let fields =
            parts.count > 1
            ? parts[1].split(separator: ",").filter { $0.contains { $0 != " " } }.map { field($0, group: group) } : []
        return Definition(
            name: head, isAtomic: isAtomic, isOpaque: isOpaque, fields: fields,
            byName: Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func field(_ text: Substring, group: String) -> Field {
        let words = text.split(separator: " ").map(String.init)
        let isRequired = words[0].hasSuffix("!")
        var field = Field(
            name: isRequired ? String(words[0].dropLast()) : words[0], isRequired: isRequired,
            shape: shape(words[1][...], group: group))
        for word in words.dropFirst(2) {
            let inside = word.drop { !"(:{=".contains($0) }.dropFirst().filter { $0 != ")" && $0 != "}" }
            switch word.first {
            case "{":
                field.values = inside.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            case "=": field.defaultValue = try? JSONValue.parse(Array(word.dropFirst().utf8))
            case "m":
                field.listType = "map"
                field.listKeys = inside.split(separator: "+").map(String.init)
            case "p":
                let parts = inside.split(separator: ":").map(String.init)
                field.patchStrategy = parts[0].replacing("+", with: ",")
                field.patchKey = parts.count > 1 ? parts[1] : nil
            default: field.listType = word
            }
        }
        return field
    }

    private static func shape(_ text: Substring, group: String) -> Shape {
        switch text {
        case "s": .string
        case "y": .bytes
        case "t": .time
        case "u": .microTime
        case "i": .int32
        case "l": .int64
        case "d": .double
        case "b": .bool
        case "q": .quantity
        case "o": .intOrString
        case "any": .any
        case _ where text.hasPrefix("*"): .list(shape(text.dropFirst(), group: group))
        case _ where text.hasPrefix("%"): .map(shape(text.dropFirst(), group: group))
        default: .type(text.contains(".") ? String(text) : "\(group).\(text)")
        }
    }
}
