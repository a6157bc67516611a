// SPDX-License-Identifier: MIT

/// JSON merge patch (RFC 7396).
package enum MergePatch {
    /// The target with the patch merged in: objects member by member, `null` removes, everything else replaces.
    package static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = target.objectValue ?? [:]
        for (key, change) in changes {
            if change.isNull {
                result[key] = nil
            } else {
                result[key] = apply(change, to: result[key] ?? .null)
            }
        }
        return .object(result)
    }

    /// The smallest patch that turns one value into another; `nil` when they are equal.
    ///
    /// A member that becomes `null` cannot be expressed (RFC 7396) and is removed.
    package static func difference(from old: JSONValue, to new: JSONValue) -> JSONValue? {
        if old == new { return nil }
        guard case .object(let before) = old, case .object(let after) = new else { return new }
        var patch: JSONObject = [:]
        for (key, value) in after {
            guard let earlier = before[key] else {
                patch[key] = value
                continue
            }
            if let change = difference(from: earlier, to: value) { patch[key] = change }
        }
        for key in before.keys where after[key] == nil { patch[key] = .null }
        return patch.isEmpty ? nil : .object(patch)
    }
}
