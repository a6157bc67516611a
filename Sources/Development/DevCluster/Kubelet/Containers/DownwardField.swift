// SPDX-License-Identifier: MIT
import JSONCoding

/// Fields of the pod that its containers may ask for (core/v1 ObjectFieldSelector).
enum DownwardField {
    /// The field's text; nil when there is no such field.
    static func value(_ path: String, of pod: JSONValue, nodeName: String) -> String? {
        switch path {
        case "metadata.name": pod.name
        case "metadata.namespace": pod.namespace
        case "metadata.uid": pod.uid
        case "metadata.labels": lines(pod.labels)
        case "metadata.annotations": lines(pod.annotations)
        case "spec.nodeName": nodeName
        case "spec.serviceAccountName": pod.at("spec", "serviceAccountName")?.stringValue ?? "default"
        case "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs": "127.0.0.1"
        default: keyed(path, "metadata.labels", pod.labels) ?? keyed(path, "metadata.annotations", pod.annotations)
        }
    }

    /// `metadata.labels['key']`; a key that is not there is empty.
    private static func keyed(_ path: String, _ prefix: String, _ values: [String: String]) -> String? {
        guard path.hasPrefix("\(prefix)['"), path.hasSuffix("']") else { return nil }
        return values[String(path.dropFirst(prefix.count + 2).dropLast(2))] ?? ""
    }

    private static func lines(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONValue.string($0.value))" }.joined(separator: "\n")
    }
}
