// SPDX-License-Identifier: MIT

package struct ConfigMap: Resource, Hashable {
    package static let resourceType = ResourceType.configMap

    @Omittable package var metadata: ObjectMeta
    package var immutable: Bool?
    @Omittable package var data: [String: String]
    /// Base64, as on the wire.
    @Omittable package var binaryData: [String: String]

    package init(metadata: ObjectMeta, data: [String: String] = [:], binaryData: [String: String] = [:]) {
        self.metadata = metadata
        self.data = data
        self.binaryData = binaryData
    }
}
