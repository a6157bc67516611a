// SPDX-License-Identifier: MIT

/// A config map.
package struct ConfigMap: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.configMap

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// Whether the data can never change.
    package var immutable: Bool?
    /// Text by key.
    @Omittable package var data: [String: String]
    /// Base64, as on the wire.
    @Omittable package var binaryData: [String: String]

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, data: [String: String] = [:], binaryData: [String: String] = [:]) {
        self.metadata = metadata
        self.data = data
        self.binaryData = binaryData
    }
}
