// SPDX-License-Identifier: MIT
package import JSONCoding

/// An object of any type of which only the metadata is known (`meta.k8s.io/v1`).
///
/// For caches that only ask who exists and whose it is: servers leave out the rest, often nine tenths of the bytes.
package struct PartialObjectMetadata: KubernetesObject, Hashable {
    /// Name, labels, owners and the like.
    package var metadata: ObjectMeta

    /// An object of which this is known.
    package init(metadata: ObjectMeta) { self.metadata = metadata }

    /// The metadata as it goes over the wire.
    package func manifest() throws -> JSONValue {
        var content = try JSONValue(encoding: self)
        content["apiVersion"] = "meta.k8s.io/v1"
        content["kind"] = "PartialObjectMetadata"
        return content
    }
}
