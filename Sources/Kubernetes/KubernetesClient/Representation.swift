// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// How much of each object a server is asked to send.
package enum Representation: Sendable, Hashable {
    /// Everything but managed fields, where the server can leave them out.
    case whole
    /// Only the metadata (`PartialObjectMetadata`).
    case metadata

    /// The value of `Accept`.
    ///
    /// `drop` is KEP-5958: servers that do not know it ignore it, by the rules for parameters. What follows the comma is
    /// for servers that cannot leave anything out; both shapes are read in the same way.
    func accept(isList: Bool) -> String {
        switch self {
        case .whole: "application/json;drop=metadata.managedFields,application/json"
        case .metadata:
            "application/json;as=PartialObjectMetadata\(isList ? "List" : "");g=meta.k8s.io;v=v1,application/json"
        }
    }
}

extension APIClient {
    /// The metadata of the objects of any type, for reading.
    package func metadata(
        of type: ResourceType, namespace: String? = nil
    ) -> ResourceClient<PartialObjectMetadata> {
        ResourceClient(client: self, type: type, namespace: namespace, representation: .metadata)
    }
}
