// SPDX-License-Identifier: MIT
import JSONCoding

/// Which fields of an object its schema does not know, for strict validation.
enum UnknownFields {
    /// The paths of what pruning took away.
    static func between(_ before: JSONValue, _ after: JSONValue) -> [String] {
        var found: [String] = []
        collect(before, after, "", &found)
        return found
    }

    private static func collect(_ before: JSONValue, _ after: JSONValue, _ path: String, _ found: inout [String]) {
        switch (before, after) {
        case (.object(let old), .object(let new)):
            for (key, value) in old {
                let member = path.isEmpty ? key : "\(path).\(key)"
                if let kept = new[key] { collect(value, kept, member, &found) } else { found.append(member) }
            }
        case (.array(let old), .array(let new)) where old.count == new.count:
            for index in old.indices { collect(old[index], new[index], "\(path)[\(index)]", &found) }
        default: break
        }
    }
}
