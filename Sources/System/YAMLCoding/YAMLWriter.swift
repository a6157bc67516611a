// SPDX-License-Identifier: MIT
import CYAML
package import JSONCoding

/// Writes JSON values as YAML that every YAML 1.1 and 1.2 reader understands alike.
///
/// Members keep their order, text of several lines is written as a block, and a string that a reader could take for
/// something else is quoted.
package enum YAMLWriter {
    /// One document, ending with a line feed and without a `---` line.
    package static func text(_ value: JSONValue) -> String { text(documents: [value]) }

    /// Documents, divided by `---` lines.
    package static func text(documents: [JSONValue]) -> String {
        var emitter = YAMLEmitter()
        for (index, document) in documents.enumerated() { emitter.write(document, isFirst: index == 0) }
        return emitter.finish()
    }
}

/// Owns a libyaml emitter and the bytes that it made.
private struct YAMLEmitter: ~Copyable {
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private let output: UnsafeMutablePointer<[UInt8]>

    init() {
        emitter = .allocate(capacity: 1)
        output = .allocate(capacity: 1)
        output.initialize(to: [])
        guard yaml_emitter_initialize(emitter) == 1 else { fatalError("no memory for a YAML emitter") }
        yaml_emitter_set_output(
            emitter,
            { output, bytes, count in
                guard let output, let bytes else { return 0 }
                output.assumingMemoryBound(to: [UInt8].self).pointee
                    .append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, output)
        yaml_emitter_set_encoding(emitter, YAML_UTF8_ENCODING)
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_indent(emitter, 2)
        // No folding: a long line is easier to compare than one that a writer broke.
        yaml_emitter_set_width(emitter, -1)
        emit { yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
        output.deinitialize(count: 1)
        output.deallocate()
    }

    mutating func write(_ document: JSONValue, isFirst: Bool) {
        emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, isFirst ? 1 : 0) }
        write(document)
        emit { yaml_document_end_event_initialize(&$0, 1) }
    }

    mutating func finish() -> String {
        emit { yaml_stream_end_event_initialize(&$0) }
        yaml_emitter_flush(emitter)
        return String(decoding: output.pointee, as: UTF8.self)
    }

    private func write(_ value: JSONValue) {
        switch value {
        case .null: scalar("null")
        case .bool(let value): scalar(value ? "true" : "false")
        case .integer(let value): scalar(String(value))
        case .double(let value): scalar(value.isFinite ? value.description : "null")
        case .string(let text): string(text)
        case .array(let items):
            let style = items.isEmpty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
            emit { yaml_sequence_start_event_initialize(&$0, nil, nil, 1, style) }
            for item in items { write(item) }
            emit { yaml_sequence_end_event_initialize(&$0) }
        case .object(let members):
            let style = members.isEmpty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
            emit { yaml_mapping_start_event_initialize(&$0, nil, nil, 1, style) }
            for (key, value) in members {
                string(key, isKey: true)
                write(value)
            }
            emit { yaml_mapping_end_event_initialize(&$0) }
        }
    }

    private func scalar(_ text: String) { emit(text, style: YAML_PLAIN_SCALAR_STYLE, plainImplicit: 1) }

    private func string(_ text: String, isKey: Bool = false) {
        if YAMLScalar.needsQuotes(text) {
            emit(text, style: YAML_DOUBLE_QUOTED_SCALAR_STYLE, plainImplicit: 0)
        } else if !isKey, Self.suitsBlock(text) {
            emit(text, style: YAML_LITERAL_SCALAR_STYLE, plainImplicit: 0)
        } else if text.utf8.contains(where: { $0 < 0x20 }) {
            emit(text, style: YAML_DOUBLE_QUOTED_SCALAR_STYLE, plainImplicit: 0)
        } else {
            emit(text, style: YAML_PLAIN_SCALAR_STYLE, plainImplicit: 1)
        }
    }

    /// Whether a block keeps the text as it is and readable: several lines, no control characters but line feeds and
    /// tabs, no line break of another kind, and no blank that a person could not see at its ends.
    private static func suitsBlock(_ text: String) -> Bool {
        guard text.utf8.contains(0x0A), let first = text.utf8.first, first != 0x20, first != 0x0A, first != 0x09 else {
            return false
        }
        var last: Unicode.Scalar = "\n"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": if last == " " || last == "\t" { return false }
            case "\t": break
            case "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}": return false
            default: if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) { return false }
            }
            last = scalar
        }
        return last != " " && last != "\t"
    }

    private func emit(_ text: String, style: yaml_scalar_style_t, plainImplicit: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // The initializer refuses a null pointer, which an empty string may give.
            withUnsafePointer(to: UInt8(0)) { empty in
                emit {
                    yaml_scalar_event_initialize(
                        &$0, nil, nil, bytes.baseAddress ?? empty, Int32(bytes.count), plainImplicit, 1, style)
                }
            }
        }
    }

    private func emit(_ make: (inout yaml_event_t) -> Int32) {
        var event = yaml_event_t()
        // Neither can fail but for want of memory: the events are balanced and Swift's strings are valid UTF-8.
        guard make(&event) == 1, yaml_emitter_emit(emitter, &event) == 1 else {
            fatalError("the YAML emitter refused an event")
        }
    }
}
