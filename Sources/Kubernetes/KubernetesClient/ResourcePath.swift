// SPDX-License-Identifier: MIT
import HTTPTypes
package import KubernetesAPI

extension ResourceType {
    /// The path of the collection, of an object in it, or of an object's subresource.
    ///
    /// Names are percent-encoded, so that no name can leave its segment.
    package func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
        var segments = group.isEmpty ? ["api", version] : ["apis", group, version]
        if isNamespaced, let namespace { segments += ["namespaces", namespace] }
        segments.append(plural)
        if let name { segments.append(name) }
        if let subresource { segments += subresource.split(separator: "/").map(String.init) }
        return "/" + segments.map { PercentEncoding.encode($0, allowing: ":") }.joined(separator: "/")
    }
}
