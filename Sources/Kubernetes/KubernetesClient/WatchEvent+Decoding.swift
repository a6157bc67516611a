// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

extension WatchEvent where Object: KubernetesObject {
    /// Reads one line of a watch, straight out of its bytes.
    ///
    /// Throws `JSONParseError` when it is not JSON; an object that its model cannot read becomes `.undecodable`.
    /// - Parameter pool: gives texts that many objects have alike one storage.
    package init(
        line: [UInt8], limits: JSONLimits = JSONLimits(skipsManagedFields: true), pool: JSONStringPool? = nil
    ) throws(JSONParseError) {
        let message = try JSONNode.tokenize(line, limits: limits, pool: pool)
        let type = message["type"]?.stringValue ?? ""
        let object = message["object"]
        switch type {
        case "ERROR":
            let status = try? object?.decode(Status.self)
            self = .error(
                status ?? Status(message: String(decoding: line.prefix(512), as: UTF8.self), reason: "", code: 0))
        case "BOOKMARK":
            let metadata = object?["metadata"]
            self = .bookmark(
                resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "",
                initialEventsEnd: metadata?["annotations"]?["k8s.io/initial-events-end"]?.stringValue == "true")
        default:
            guard let kind = WatchEventKind(rawValue: type), let object else {
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
