// SPDX-License-Identifier: MIT
import HTTPTypes

/// What matters of HTTP's version: whether a connection carries one request at a time, or many.
enum HTTPVersion {
    case one, two
}

/// Header fields as they came, cut into names and values only when somebody looks: at most answers nobody does.
struct ReceivedFields: Sendable {
    /// Whole lines, each with its line feed.
    private var lines: [UInt8] = []

    mutating func append(_ line: UnsafeRawBufferPointer) {
        if lines.isEmpty { lines.reserveCapacity(512) }
        lines.append(contentsOf: line)
    }

    mutating func removeAll() { lines.removeAll(keepingCapacity: true) }

    /// The fields, in order; lines without a colon are passed over.
    var headers: HTTPHeaders {
        var headers = HTTPHeaders()
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            headers.add(
                name: String(decoding: Self.trimmed(line[..<colon]), as: UTF8.self),
                value: String(decoding: Self.trimmed(line[colon...].dropFirst()), as: UTF8.self))
        }
        return headers
    }

    /// Without the spaces, tabs and line ends around it (RFC 9110, optional white space).
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var rest = bytes.drop { isSpace($0) }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}

/// Assembles status and fields from the header lines that curl delivers one by one.
///
/// curl reports interim answers (1xx), the final one and trailers through the same callback: an interim head is
/// forgotten, and lines behind the final head are ignored, because a trailer must not pass for a header.
struct ResponseHeadParser {
    /// The most bytes of header lines that one answer may have, interim ones included.
    static let limit = 256 << 10

    enum Outcome {
        case more
        case head(ResponseHead)
        case violation
    }

    private var status: Int?
    private var fields = ReceivedFields()
    private var bytesSeen = 0
    private var isComplete = false
    /// The version that the answer is in.
    private(set) var version = HTTPVersion.two

    /// Takes one line, its line feed included.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Outcome {
        bytesSeen += line.count
        guard bytesSeen <= Self.limit else { return .violation }
        if isComplete { return .more }
        if line.starts(with: "HTTP/".utf8) {
            fields.removeAll()
            version = line.count > 5 && line[5] == UInt8(ascii: "1") ? .one : .two
            status = Self.status(in: line)
            return status == nil ? .violation : .more
        }
        guard let status else { return .violation }
        let isBlank = line.allSatisfy { $0 == 0x0D || $0 == 0x0A || $0 == 0x20 || $0 == 0x09 }
        guard isBlank else {
            fields.append(line)
            return .more
        }
        guard status >= 200 else { return .more }
        isComplete = true
        return .head(ResponseHead(status: HTTPStatus(rawValue: status), fields: fields))
    }

    /// The number behind the version (RFC 9112 §4).
    private static func status(in line: UnsafeRawBufferPointer) -> Int? {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        var status = 0
        var digits = 0
        for byte in line[(space + 1)...] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 9 else {
                let isEnd = byte == 0x20 || byte == 0x0D || byte == 0x0A
                return isEnd && digits > 0 ? status : nil
            }
            status = status * 10 + Int(byte - UInt8(ascii: "0"))
            digits += 1
        }
        return digits > 0 ? status : nil
    }
}
