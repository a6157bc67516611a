// SPDX-License-Identifier: MIT
import JSONCoding

/// What a pod asks for and may use, as quota and limits count it.
enum PodResources {
    /// `requests` or `limits` of the whole pod for one resource: the containers together with init containers that keep
    /// running, or the largest of the other init containers, whichever is more. nil when no container says anything.
    static func total(_ section: String, _ resource: String, of pod: JSONValue) -> Quantity? {
        func amount(_ container: JSONValue) -> Quantity? {
            container.at("resources", section, resource).flatMap { Quantity($0) }
        }
        var sum: Quantity?
        for container in pod.at("spec", "containers")?.arrayValue ?? [] {
            if let value = amount(container) { sum = (sum ?? .zero) + value }
        }
        var running: Quantity?
        var largest: Quantity?
        for container in pod.at("spec", "initContainers")?.arrayValue ?? [] {
            guard let value = amount(container) else { continue }
            if container["restartPolicy"]?.stringValue == "Always" {
                running = (running ?? .zero) + value
            } else {
                largest = max(largest ?? .zero, (running ?? .zero) + value)
            }
        }
        if let running { sum = (sum ?? .zero) + running }
        guard let largest else { return sum }
        return max(sum ?? .zero, largest)
    }

    /// The containers that do not say anything about a resource.
    static func silent(_ section: String, _ resource: String, in pod: JSONValue) -> [String] {
        ["containers", "initContainers"].flatMap { pod.at("spec", $0)?.arrayValue ?? [] }
            .filter { $0.at("resources", section, resource) == nil }
            .compactMap { $0["name"]?.stringValue }
    }
}
