// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

extension WatchEvent where Object: KubernetesObject {
    /// Reads one line of a watch.
    ///
    /// Throws `JSONParseError` when it is not JSON; an object that its model cannot read becomes `.undecodable`.
    package init(line: [UInt8], limits: JSONLimits = JSONLimits(skipsManagedFields: true)) throws(JSONParseError) {
        self.init(try JSONValue.parse(line, limits: limits))
    }

    /// Reads one message of a watch.
    package init(_ content: JSONValue) {
        let type = content["type"]?.stringValue ?? ""
        let object = content["object"] ?? .null
        switch type {
        case "ERROR":
            let status = (try? object.decode(Status.self)) ?? Status(message: "\(object)", reason: "", code: 0)
            self = .error(status)
        case "BOOKMARK":
            let annotations = object.at("metadata", "annotations")
            self = .bookmark(
                resourceVersion: object.at("metadata", "resourceVersion")?.stringValue ?? "",
                initialEventsEnd: annotations?["k8s.io/initial-events-end"] == "true")
        default:
            guard let kind = WatchEventKind(rawValue: type) else {
                self = .unknown(type: type)
                return
            }
            do {
                let decoded = try Object.decode(object)
                switch kind {
                case .added: self = .added(decoded)
                case .modified: self = .modified(decoded)
                case .deleted: self = .deleted(decoded)
                }
            } catch {
                self = .undecodable(PoisonObject(object, problem: error), kind)
            }
        }
    }
}
