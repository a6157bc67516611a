// SPDX-License-Identifier: MIT
import HTTPTypes
package import KubernetesAPI

extension ResourceType {
    /// The path of the collection, of an object in it, or of an object's subresource.
    ///
    /// Names are percent-encoded, so that no name can leave its segment.
    package func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
        var path = ""
        path.reserveCapacity(128)
        func add(_ segment: some StringProtocol) {
            path += "/"
            path += PercentEncoding.encode(String(segment), allowing: ":")
        }
        add(group.isEmpty ? "api" : "apis")
        if !group.isEmpty { add(group) }
        add(version)
        if isNamespaced, let namespace {
            path += "/namespaces"
            add(namespace)
        }
        add(plural)
        if let name { add(name) }
        for part in subresource?.split(separator: "/") ?? [] { add(part) }
        return path
    }
}
