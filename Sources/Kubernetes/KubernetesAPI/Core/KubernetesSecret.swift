// SPDX-License-Identifier: MIT

/// A secret; not named `Secret`, because that is the type that hides a value.
///
/// `data` is base64 as on the wire: decoding it is the reader's decision, so that values spread no further than they
/// must. Its description never shows the data.
package struct KubernetesSecret: Resource, Hashable, CustomStringConvertible, CustomReflectable {
    /// The type on the server.
    package static let resourceType = ResourceType.secret

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// What the keys mean: `Opaque`, `kubernetes.io/tls` and others.
    package var type: String?
    /// Whether the data can never change.
    package var immutable: Bool?
    /// Base64 by key.
    @Omittable package var data: [String: String]
    /// Plain text that the server moves into `data`; only ever written.
    @Omittable package var stringData: [String: String]

    /// An object of these parts, to be created or for a test.
    package init(
        metadata: ObjectMeta, type: String? = nil, data: [String: String] = [:], stringData: [String: String] = [:]
    ) {
        self.metadata = metadata
        self.type = type
        self.data = data
        self.stringData = stringData
    }

    /// Name and keys, never values.
    package var description: String { "Secret/\(metadata.key) keys: \((Array(data.keys) + stringData.keys).sorted())" }
    /// Shows the name alone: `dump` and failed tests walk the mirror.
    package var customMirror: Mirror { Mirror(self, children: ["key": metadata.key.description]) }
}
