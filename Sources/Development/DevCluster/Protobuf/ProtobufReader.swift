// SPDX-License-Identifier: MIT

/// Reads the protobuf wire format: numbered fields, one after the other.
struct ProtobufReader {
    /// The content of a field.
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field; nil at the end.
    ///
    /// - Throws: `BadRequest` when the bytes end in the middle or have a type that Kubernetes never sends.
    mutating func next() throws(StatusError) -> (number: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return (number, .number(try varint()))
        case 1: return (number, .number(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(rest.count) else { throw Self.malformed }
            let bytes = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            return (number, .bytes(bytes))
        case 5: return (number, .number(try fixed(4)))
        default: throw Self.malformed
        }
    }

    private static let malformed = StatusError.badRequest("the body is not valid protobuf")

    private mutating func varint() throws(StatusError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst(), shift < 64 {
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
            shift += 7
        }
        throw Self.malformed
    }

    private mutating func fixed(_ count: Int) throws(StatusError) -> UInt64 {
        guard rest.count >= count else { throw Self.malformed }
        var result: UInt64 = 0
        for (index, byte) in rest.prefix(count).enumerated() { result |= UInt64(byte) << (8 * UInt64(index)) }
        rest = rest.dropFirst(count)
        return result
    }
}
