// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// A list of objects, or a page of it.
package struct ListPage<Object: KubernetesObject>: Sendable {
    /// The objects, in the server's order.
    package var items: [Object]
    /// Objects that their model could not read; the rest of the list is there all the same.
    package var poison: [PoisonObject]
    /// The version of the list: a watch goes on from here.
    package var resourceVersion: String
    /// Asks for the next page; nil at the end.
    package var continueToken: String?
    /// How many objects follow, where the server says so.
    package var remainingItemCount: Int?

    /// A page of these parts.
    package init(
        items: [Object] = [], poison: [PoisonObject] = [], resourceVersion: String = "", continueToken: String? = nil,
        remainingItemCount: Int? = nil
    ) {
        self.items = items
        self.poison = poison
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remainingItemCount
    }

    /// Reads a list item by item. Servers leave `apiVersion` and `kind` out of items; they are put back for objects
    /// that are kept whole.
    package init(_ content: JSONValue, type: ResourceType) {
        self.init()
        let metadata = content["metadata"]
        resourceVersion = metadata?["resourceVersion"]?.stringValue ?? ""
        continueToken = metadata?["continue"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        remainingItemCount = metadata?["remainingItemCount"]?.integerValue.map(Int.init)
        let isWhole = Object.self == DynamicObject.self
        for item in content["items"]?.arrayValue ?? [] {
            var item = item
            if isWhole, item["kind"] == nil {
                item["apiVersion"] = .string(type.apiVersion)
                item["kind"] = .string(type.kind)
            }
            do {
                items.append(try Object.decode(item))
            } catch {
                poison.append(PoisonObject(item, problem: error))
            }
        }
    }
}
