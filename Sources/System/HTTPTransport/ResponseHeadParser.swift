// SPDX-License-Identifier: MIT
import HTTPTypes

/// What matters of HTTP's version: whether a connection carries one request at a time, or many.
enum HTTPVersion {
    case one, two
}

/// Assembles status and fields from the header lines that curl delivers one by one.
///
/// curl reports interim answers (1xx), the final one and trailers through the same callback: an interim head is
/// forgotten, and lines behind the final head are ignored, because a trailer must not pass for a header.
struct ResponseHeadParser {
    /// The most bytes of header lines that one answer may have, interim ones included.
    static let limit = 256 << 10

    enum Outcome: Equatable {
        case more
        case head(ResponseHead)
        case violation
    }

    private var status: Int?
    private var headers = HTTPHeaders()
    private var bytesSeen = 0
    private var isComplete = false
    /// The version that the answer is in.
    private(set) var version = HTTPVersion.two

    /// Takes one line, its line feed included.
    mutating func take(_ line: some BidirectionalCollection<UInt8>) -> Outcome {
        bytesSeen += line.count
        guard bytesSeen <= Self.limit else { return .violation }
        if isComplete { return .more }
        let text = trimmed(line[...])
        if text.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            version = text.starts(with: "HTTP/1".utf8) ? .one : .two
            let code = text.split(separator: UInt8(ascii: " "), maxSplits: 2).dropFirst().first
            status = code.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
            return status == nil ? .violation : .more
        }
        guard let status else { return .violation }
        if text.isEmpty {
            guard status >= 200 else { return .more }
            isComplete = true
            return .head(ResponseHead(status: HTTPStatus(rawValue: status), headers: headers))
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return .more }
        headers.add(
            name: String(decoding: text[..<colon], as: UTF8.self),
            value: String(decoding: trimmed(text[colon...].dropFirst()), as: UTF8.self))
        return .more
    }

    /// Without the spaces, tabs and line ends around it (RFC 9110, optional white space).
    private func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence
    where Bytes.SubSequence == Bytes {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var rest = bytes.drop { isSpace($0) }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
