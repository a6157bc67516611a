// SPDX-License-Identifier: MIT
package import JSONCoding

/// One message of a watch.
package enum WatchEvent<Object: Sendable>: Sendable {
    case added(Object)
    case modified(Object)
    /// The object's last state, with the version of the deletion.
    case deleted(Object)
    /// Nothing changed up to this version; a watch may resume from it. `initialEventsEnd` marks the end of the
    /// existing objects in a watch that was asked to send them.
    case bookmark(resourceVersion: String, initialEventsEnd: Bool)
    /// The server ends the watch: version expired (code 410), or an error of its own.
    case error(Status)
    /// An event whose object could not be decoded: it must be reported, and nothing else stops for it.
    case undecodable(PoisonObject, WatchEventKind)
    /// A message type that this client does not know.
    case unknown(type: String)
}

/// The three changes that an object can go through.
package enum WatchEventKind: String, Sendable, Hashable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
}

/// What is known of an object that its model could not read.
package struct PoisonObject: Sendable, Hashable, CustomStringConvertible {
    /// Group and version; empty where lists leave them out.
    package var apiVersion: String
    /// The kind; empty where lists leave it out.
    package var kind: String
    /// As far as it could be read; possibly empty.
    package var metadata: ObjectMeta
    /// Which field is wrong and how.
    package var problem: String

    /// An object of which only this much is known.
    package init(apiVersion: String = "", kind: String = "", metadata: ObjectMeta, problem: String) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.metadata = metadata
        self.problem = problem
    }

    /// What can be read of the metadata of an object that its model refused.
    package init(_ node: JSONNode, problem: any Error) {
        let raw = node["metadata"]
        if let whole = raw.flatMap({ try? $0.decode(ObjectMeta.self) }) {
            metadata = whole
        } else {
            metadata = ObjectMeta(
                name: raw?["name"]?.stringValue ?? "", namespace: raw?["namespace"]?.stringValue,
                uid: raw?["uid"]?.stringValue ?? "")
            metadata.resourceVersion = raw?["resourceVersion"]?.stringValue ?? ""
        }
        apiVersion = node["apiVersion"]?.stringValue ?? ""
        kind = node["kind"]?.stringValue ?? ""
        self.problem = (problem as? DecodingError)?.jsonSummary ?? "\(problem)"
    }

    /// Namespace and name.
    package var key: ObjectKey { metadata.key }
    /// Which object, and what is wrong.
    package var description: String { "\(metadata.key): \(problem)" }
}
