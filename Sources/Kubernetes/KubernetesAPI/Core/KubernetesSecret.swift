// SPDX-License-Identifier: MIT

/// A secret; not named `Secret`, because that is the type that hides a value.
///
/// `data` is base64 as on the wire: decoding it is the reader's decision, so that values spread no further than they
/// must. Its description never shows the data.
package struct KubernetesSecret: Resource, Hashable, CustomStringConvertible, CustomReflectable {
    package static let resourceType = ResourceType.secret

    @Omittable package var metadata: ObjectMeta
    package var type: String?
    package var immutable: Bool?
    @Omittable package var data: [String: String]
    /// Plain text that the server moves into `data`; only ever written.
    @Omittable package var stringData: [String: String]

    package init(
        metadata: ObjectMeta, type: String? = nil, data: [String: String] = [:], stringData: [String: String] = [:]
    ) {
        self.metadata = metadata
        self.type = type
        self.data = data
        self.stringData = stringData
    }

    package var description: String { "Secret/\(metadata.key) keys: \((Array(data.keys) + stringData.keys).sorted())" }
    package var customMirror: Mirror { Mirror(self, children: ["key": metadata.key.description]) }
}
