// SPDX-License-Identifier: MIT

/// Why a JSON patch was refused or could not be applied.
package struct JSONPatchError: Error, Hashable, CustomStringConvertible {
    /// What was wrong, with the operation's position.
    package var description: String
}

/// JSON patch (RFC 6902).
package struct JSONPatch: Sendable, Hashable {
    /// One operation.
    package enum Operation: Sendable, Hashable {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONValue)
    }

    /// The operations, applied in order.
    package var operations: [Operation]

    /// A patch of these operations.
    package init(_ operations: [Operation]) { self.operations = operations }

    /// Reads a patch document.
    ///
    /// - Throws: ``JSONPatchError`` naming the operation that is malformed.
    package init(_ json: JSONValue) throws(JSONPatchError) {
        guard case .array(let entries) = json else {
            throw JSONPatchError(description: "a JSON patch is an array of operations, found \(json.typeName)")
        }
        var operations: [Operation] = []
        for (position, entry) in entries.enumerated() {
            func pointer(_ name: String) throws(JSONPatchError) -> JSONPointer {
                guard let text = entry[name]?.stringValue, let pointer = JSONPointer(text) else {
                    throw JSONPatchError(description: "operation \(position): \"\(name)\" is not a JSON pointer")
                }
                return pointer
            }
            func value() throws(JSONPatchError) -> JSONValue {
                guard let value = entry["value"] else {
                    throw JSONPatchError(description: "operation \(position): \"value\" is missing")
                }
                return value
            }
            switch entry["op"]?.stringValue {
            case "add": operations.append(.add(try pointer("path"), try value()))
            case "remove": operations.append(.remove(try pointer("path")))
            case "replace": operations.append(.replace(try pointer("path"), try value()))
            case "move": operations.append(.move(from: try pointer("from"), to: try pointer("path")))
            case "copy": operations.append(.copy(from: try pointer("from"), to: try pointer("path")))
            case "test": operations.append(.test(try pointer("path"), try value()))
            default:
                throw JSONPatchError(
                    description: "operation \(position): \"op\" is none of add, remove, replace, move, copy, test")
            }
        }
        self.operations = operations
    }

    /// The patch as a document.
    package var json: JSONValue {
        .array(
            operations.map { operation in
                switch operation {
                case .add(let path, let value): ["op": "add", "path": .string(path.description), "value": value]
                case .remove(let path): ["op": "remove", "path": .string(path.description)]
                case .replace(let path, let value):
                    ["op": "replace", "path": .string(path.description), "value": value]
                case .move(let from, let path):
                    ["op": "move", "from": .string(from.description), "path": .string(path.description)]
                case .copy(let from, let path):
                    ["op": "copy", "from": .string(from.description), "path": .string(path.description)]
                case .test(let path, let value): ["op": "test", "path": .string(path.description), "value": value]
                }
            })
    }

    /// Applies every operation, or none.
    ///
    /// - Throws: ``JSONPatchError`` naming the first operation that does not fit the document.
    package func apply(to document: JSONValue) throws(JSONPatchError) -> JSONValue {
        var result = document
        for (position, operation) in operations.enumerated() {
            func missing(_ path: JSONPointer) -> JSONPatchError {
                JSONPatchError(description: "operation \(position): there is nothing at \"\(path)\"")
            }
            switch operation {
            case .add(let path, let value):
                guard Self.edit(&result, path.tokens[...], { .add(value, $0) }) else { throw missing(path) }
            case .remove(let path):
                guard path.value(in: result) != nil, Self.edit(&result, path.tokens[...], { .remove($0) }) else {
                    throw missing(path)
                }
            case .replace(let path, let value):
                guard path.value(in: result) != nil, Self.edit(&result, path.tokens[...], { .replace(value, $0) })
                else { throw missing(path) }
            case .move(let from, let path):
                guard let value = from.value(in: result), !path.tokens.starts(with: from.tokens) || from == path else {
                    throw missing(from)
                }
                guard Self.edit(&result, from.tokens[...], { .remove($0) }),
                    Self.edit(&result, path.tokens[...], { .add(value, $0) })
                else { throw missing(path) }
            case .copy(let from, let path):
                guard let value = from.value(in: result) else { throw missing(from) }
                guard Self.edit(&result, path.tokens[...], { .add(value, $0) }) else { throw missing(path) }
            case .test(let path, let value):
                // API servers let a test for null pass where there is nothing; that guards the making of a first member.
                let found = path.value(in: result)
                guard found != nil || value.isNull else { throw missing(path) }
                guard found ?? .null == value else {
                    throw JSONPatchError(description: "operation \(position): the value at \"\(path)\" is another one")
                }
            }
        }
        return result
    }

    private enum Edit {
        case add(JSONValue, String?)
        case remove(String?)
        case replace(JSONValue, String?)
    }

    /// Walks to the parent of the path's end and edits there; false when the way does not exist.
    private static func edit(
        _ node: inout JSONValue, _ tokens: ArraySlice<String>, _ make: (String?) -> Edit
    ) -> Bool {
        guard let token = tokens.first else {
            switch make(nil) {
            case .add(let value, _), .replace(let value, _): node = value
            case .remove: node = .null
            }
            return true
        }
        guard tokens.count > 1 else { return editMember(&node, make(token)) }
        switch node {
        case .object(var object):
            guard var child = object[token] else { return false }
            guard edit(&child, tokens.dropFirst(), make) else { return false }
            object[token] = child
            node = .object(object)
            return true
        case .array(var elements):
            guard let index = JSONPointer.index(token), index < elements.count else { return false }
            guard edit(&elements[index], tokens.dropFirst(), make) else { return false }
            node = .array(elements)
            return true
        default: return false
        }
    }

    private static func editMember(_ node: inout JSONValue, _ edit: Edit) -> Bool {
        switch (node, edit) {
        case (.object(var object), .add(let value, let token?)), (.object(var object), .replace(let value, let token?)):
            object[token] = value
            node = .object(object)
            return true
        case (.object(var object), .remove(let token?)):
            object[token] = nil
            node = .object(object)
            return true
        case (.array(var elements), .add(let value, let token?)):
            guard let index = token == "-" ? elements.count : JSONPointer.index(token), index <= elements.count else {
                return false
            }
            elements.insert(value, at: index)
            node = .array(elements)
            return true
        case (.array(var elements), .replace(let value, let token?)):
            guard let index = JSONPointer.index(token), index < elements.count else { return false }
            elements[index] = value
            node = .array(elements)
            return true
        case (.array(var elements), .remove(let token?)):
            guard let index = JSONPointer.index(token), index < elements.count else { return false }
            elements.remove(at: index)
            node = .array(elements)
            return true
        default: return false
        }
    }
}
