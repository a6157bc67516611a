// SPDX-License-Identifier: MIT
import JSONCoding

/// Builds values out of events: anchors, aliases, merge keys and the bounds.
struct YAMLComposer: ~Copyable {
    private struct Node {
        var value: JSONValue
        var marks: MarkTree
        /// What the node costs, with everything that aliases repeat in it.
        var nodes: Int
        var bytes: Int
    }

    private enum Anchor {
        case open
        case complete(Node)
    }

    private var reader: YAMLEventReader
    private let limits: YAMLLimits
    private var anchors: [String: Anchor] = [:]
    private var totalNodes = 0
    private var totalBytes = 0
    /// Of the nodes, those that aliases repeat.
    private var repeatedNodes = 0

    init(_ bytes: [UInt8], limits: YAMLLimits) {
        reader = YAMLEventReader(bytes)
        self.limits = limits
    }

    /// The next document that has content; `nil` at the end of the stream.
    ///
    /// A document without content (what stands before a leading `---`, or a comment between two of them) is passed
    /// over, as `kubectl` does.
    mutating func nextDocument() throws(YAMLError) -> YAMLDocument? {
        while true {
            let event = try reader.next()
            switch event.kind {
            case .streamEnd: return nil
            case .documentStart:
                anchors = [:]
                let first = try reader.next()
                let isEmpty =
                    if case .scalar(let text, let isPlain) = first.kind {
                        text.isEmpty && isPlain && first.tag == nil && first.anchor == nil
                    } else {
                        false
                    }
                let node = try compose(first, depth: 0)
                if !isEmpty { return YAMLDocument(value: node.value, marks: node.marks) }
            default: continue
            }
        }
    }

    private mutating func compose(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> Node {
        switch event.kind {
        case .alias(let name): return try follow(name, at: event.mark)
        case .scalar(let text, let isPlain):
            guard !CombiningMarks.areTooMany(in: text) else {
                throw YAMLError(.limit, "more than \(CombiningMarks.limit) combining marks in a row", at: event.mark)
            }
            let value = try Self.scalar(text, isPlain: isPlain, tag: event.tag, at: event.mark)
            let node = Node(value: value, marks: MarkTree(mark: event.mark), nodes: 1, bytes: text.utf8.count)
            try count(nodes: 1, bytes: node.bytes, at: event.mark)
            if let anchor = event.anchor { anchors[anchor] = .complete(node) }
            return node
        case .sequenceStart, .mappingStart:
            guard depth < limits.maximumDepth else {
                throw YAMLError(.limit, "more than \(limits.maximumDepth) levels", at: event.mark)
            }
            try count(nodes: 1, bytes: 0, at: event.mark)
            if let anchor = event.anchor { anchors[anchor] = .open }
            let node =
                if case .sequenceStart = event.kind {
                    try sequence(at: event.mark, depth: depth + 1)
                } else {
                    try mapping(at: event.mark, depth: depth + 1)
                }
            if let anchor = event.anchor { anchors[anchor] = .complete(node) }
            return node
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(.syntax, "a value is missing", at: event.mark)
        }
    }

    private mutating func follow(_ name: String, at mark: Mark) throws(YAMLError) -> Node {
        switch anchors[name] {
        case nil: throw YAMLError(.alias, "alias *\(name) has no anchor before it", at: mark)
        case .open: throw YAMLError(.alias, "alias *\(name) stands inside its own anchor", at: mark)
        case .complete(let node):
            repeatedNodes += node.nodes
            try count(nodes: node.nodes, bytes: node.bytes, at: mark)
            let allowed = limits.repeatedNodes + limits.repeatedNodesPerNode * (totalNodes - repeatedNodes)
            guard repeatedNodes <= allowed else {
                throw YAMLError(.limit, "aliases repeat more than \(allowed) nodes, too many for so short a text", at: mark)
            }
            return node
        }
    }

    private mutating func sequence(at mark: Mark, depth: Int) throws(YAMLError) -> Node {
        var items: [JSONValue] = []
        var node = Node(value: .null, marks: MarkTree(mark: mark), nodes: 1, bytes: 0)
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind { break }
            let item = try compose(event, depth: depth)
            node.nodes += item.nodes
            node.bytes += item.bytes
            node.marks.items.append(item.marks)
            items.append(item.value)
        }
        node.value = .array(items)
        return node
    }

    private mutating func mapping(at mark: Mark, depth: Int) throws(YAMLError) -> Node {
        var object = JSONObject()
        var merged: [(Node, Mark)] = []
        var node = Node(value: .null, marks: MarkTree(mark: mark), nodes: 1, bytes: 0)
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind { break }
            let keyNode = try compose(event, depth: depth)
            let value = try compose(try reader.next(), depth: depth)
            node.nodes += keyNode.nodes + value.nodes
            node.bytes += keyNode.bytes + value.bytes
            if Self.isMergeKey(event) {
                merged.append((value, event.mark))
                continue
            }
            guard let key = YAMLScalar.keyText(keyNode.value) else {
                throw YAMLError(
                    .unsupportedKey, "a key must be a string, not \(keyNode.value.typeName)", at: event.mark)
            }
            if object[key] != nil {
                let first = node.marks.members[key]?.mark
                let place = first.map { ", first at \($0)" } ?? ""
                throw YAMLError(.duplicateKey, "key \"\(Self.excerpt(key))\" is there twice\(place)", at: event.mark)
            }
            object[key] = value.value
            // The name's place, since that is what a person looks for; what is inside keeps its own.
            var marks = value.marks
            marks.mark = event.mark
            node.marks.members[key] = marks
        }
        for (source, mark) in merged { try Self.merge(source, into: &object, &node.marks, at: mark) }
        node.value = .object(object)
        return node
    }

    private static func isMergeKey(_ event: YAMLEvent) -> Bool {
        guard case .scalar("<<", let isPlain) = event.kind else { return false }
        return event.tag == "tag:yaml.org,2002:merge" || (isPlain && event.tag == nil)
    }

    /// Adds what the object does not say itself. The object's own members win wherever they stand and the first of a
    /// list of mappings wins, as YAML's merge type has it; `kubectl` lets the later one win.
    private static func merge(
        _ source: Node, into object: inout JSONObject, _ marks: inout MarkTree, at mark: Mark
    ) throws(YAMLError) {
        switch source.value {
        case .object(let members):
            for (key, value) in members where object[key] == nil {
                object[key] = value
                marks.members[key] = source.marks.members[key] ?? source.marks
            }
        case .array(let items):
            for (item, itemMarks) in zip(items, source.marks.items) {
                guard case .object = item else {
                    throw YAMLError(.merge, "<< takes mappings, not \(item.typeName)", at: itemMarks.mark)
                }
                try merge(Node(value: item, marks: itemMarks, nodes: 0, bytes: 0), into: &object, &marks, at: mark)
            }
        default:
            throw YAMLError(.merge, "<< takes a mapping, not \(source.value.typeName)", at: mark)
        }
    }

    private static func scalar(
        _ text: String, isPlain: Bool, tag: String?, at mark: Mark
    ) throws(YAMLError) -> JSONValue {
        if let tag {
            if let value = YAMLScalar.resolve(text, tag: tag) { return value }
            throw YAMLError(.value, "\"\(excerpt(text))\" is not what its tag \(excerpt(tag)) says", at: mark)
        }
        guard isPlain else { return .string(text) }
        if let value = YAMLScalar.resolve(text) { return value }
        throw YAMLError(.value, "\(text) has no JSON value; quote it if it is a string", at: mark)
    }

    private mutating func count(nodes: Int, bytes: Int, at mark: Mark) throws(YAMLError) {
        totalNodes += nodes
        totalBytes += bytes
        guard totalNodes <= limits.maximumNodes else {
            throw YAMLError(.limit, "more than \(limits.maximumNodes) nodes, counting what aliases repeat", at: mark)
        }
        guard totalBytes <= limits.maximumExpandedBytes else {
            let limit = limits.maximumExpandedBytes
            throw YAMLError(.limit, "more than \(limit) bytes of values, counting what aliases repeat", at: mark)
        }
    }

    private static func excerpt(_ text: String) -> String { text.count <= 80 ? text : text.prefix(80) + "…" }
}
