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

    /// Reads a list item by item, straight out of its bytes: never more than one item exists as tokens. Servers leave
    /// `apiVersion` and `kind` out of items; they are put back for objects that are kept whole.
    ///
    /// - Parameter pool: gives texts that many objects have alike one storage.
    /// - Throws: `JSONParseError` when the answer is no list in JSON; an item that its model cannot read is poison.
    package init(_ bytes: [UInt8], type: ResourceType, pool: JSONStringPool? = nil) throws(JSONParseError) {
        var items: [Object] = []
        var poison: [PoisonObject] = []
        let isWhole = Object.self == DynamicObject.self
        let rest = try JSONNode.readItems(bytes, limits: ListPage.limits, pool: pool) { node in
            do {
                if isWhole, node["kind"] == nil {
                    var content = try node.value()
                    content["apiVersion"] = .string(type.apiVersion)
                    content["kind"] = .string(type.kind)
                    items.append(try Object.decode(content))
                } else {
                    items.append(try Object.decode(node))
                }
            } catch {
                poison.append(PoisonObject(node, problem: error))
            }
        }
        let metadata = rest["metadata"]
        self.init(
            items: items, poison: poison, resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "",
            continueToken: metadata?["continue"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
            remainingItemCount: metadata?["remainingItemCount"]?.integerValue.map(Int.init))
    }

    /// Nobody reads managed fields out of lists, and they are up to half of an object.
    private static var limits: JSONLimits { JSONLimits(skipsManagedFields: true) }
}
