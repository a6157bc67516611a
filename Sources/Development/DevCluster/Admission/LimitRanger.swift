// SPDX-License-Identifier: MIT
import JSONCoding

/// LimitRange: defaults and bounds of the pods and containers of a namespace.
enum LimitRanger {
    private static let ranges = StorageBucket(group: "", plural: "limitranges")

    /// Fills in what containers leave open, then refuses what lies outside the bounds, with everything that is wrong.
    ///
    /// - Returns: whether something was filled in.
    @discardableResult
    static func apply(
        to object: inout JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) -> Bool {
        guard resource.bucket == .pods else { return false }
        let limits = transaction.objects(ranges, namespace: object.namespace)
            .flatMap { $0.at("spec", "limits")?.arrayValue ?? [] }
        guard !limits.isEmpty else { return false }
        let before = object["spec"]
        var notes: [String] = []
        for list in ["containers", "initContainers"] {
            guard var containers = object.at("spec", list)?.arrayValue else { continue }
            for index in containers.indices {
                for limit in limits where limit["type"] == "Container" {
                    notes += setDefaults(&containers[index], limit, isInit: list == "initContainers")
                }
            }
            object.setValue(.array(containers), at: ["spec", list])
        }
        if !notes.isEmpty {
            object.setValue(
                .string("LimitRanger plugin set: " + notes.joined(separator: "; ")),
                at: ["metadata", "annotations", "kubernetes.io/limit-ranger"])
        }
        let problems = limits.flatMap { violations(of: object, $0) }
        guard problems.isEmpty else {
            let text = problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]"
            throw resource.forbidden(object.name, text)
        }
        return object["spec"] != before
    }

    private static func setDefaults(_ container: inout JSONValue, _ limit: JSONValue, isInit: Bool) -> [String] {
        var notes: [String] = []
        for (source, section, word) in [("defaultRequest", "requests", "request"), ("default", "limits", "limit")] {
            var names: [String] = []
            for (name, value) in limit[source]?.objectValue ?? [:]
            where container.at("resources", section, name) == nil {
                container.setValue(value, at: ["resources", section, name])
                names.append(name)
            }
            guard !names.isEmpty else { continue }
            notes.append(
                "\(names.sorted().joined(separator: ", ")) \(word) for \(isInit ? "init container" : "container") "
                    + (container["name"]?.stringValue ?? ""))
        }
        return notes
    }

    private static func violations(of pod: JSONValue, _ limit: JSONValue) -> [String] {
        switch limit["type"]?.stringValue {
        case "Container":
            let containers = ["containers", "initContainers"].flatMap { pod.at("spec", $0)?.arrayValue ?? [] }
            return containers.flatMap { container in
                Bounds(limit: limit, type: "Container") { section, name in
                    container.at("resources", section, name).flatMap { Quantity($0) }
                }.problems
            }
        case "Pod":
            return Bounds(limit: limit, type: "Pod") { PodResources.total($0, $1, of: pod) }.problems
        default: return []
        }
    }

    /// One item of a limit range and what is measured by it.
    private struct Bounds {
        let limit: JSONValue
        let type: String
        let amount: (_ section: String, _ resource: String) -> Quantity?

        var problems: [String] {
            each("min", minimum) + each("max", maximum) + each("maxLimitRequestRatio", ratio)
        }

        private func each(_ member: String, _ rule: (String, Quantity) -> String?) -> [String] {
            (limit[member]?.objectValue ?? [:]).sorted { $0.key < $1.key }.compactMap { name, value in
                Quantity(value).flatMap { rule(name, $0) }
            }
        }

        private func minimum(_ name: String, _ bound: Quantity) -> String? {
            let words = "minimum \(name) usage per \(type) is \(bound.text)"
            guard let request = amount("requests", name) else { return words + ".  No request is specified" }
            if request < bound { return words + ", but request is \(request.text)" }
            if let limit = amount("limits", name), limit < bound { return words + ", but limit is \(limit.text)" }
            return nil
        }

        private func maximum(_ name: String, _ bound: Quantity) -> String? {
            let words = "maximum \(name) usage per \(type) is \(bound.text)"
            guard let limit = amount("limits", name) else { return words + ".  No limit is specified" }
            if limit > bound { return words + ", but limit is \(limit.text)" }
            if let request = amount("requests", name), request > bound {
                return words + ", but request is \(request.text)"
            }
            return nil
        }

        private func ratio(_ name: String, _ bound: Quantity) -> String? {
            let words = "\(name) max limit to request ratio per \(type) is \(bound.text), but "
            guard let request = amount("requests", name), request > .zero else {
                return words + "no request is specified or request is 0"
            }
            guard let limit = amount("limits", name), limit > .zero else {
                return words + "no limit is specified or limit is 0"
            }
            let ratio = limit.ratio(to: request)
            guard ratio > bound.ratio(to: Quantity(count: 1)) else { return nil }
            return words + "provided ratio is \(Self.sixDigits(ratio))"
        }

        private static func sixDigits(_ number: Double) -> String {
            let millionths = Int64((number * 1_000_000).rounded())
            let fraction = String(millionths % 1_000_000)
            return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
        }
    }
}
