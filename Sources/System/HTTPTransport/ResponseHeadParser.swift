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
    mutating func take(_ line: some Collection<UInt8>) -> Outcome {
        bytesSeen += line.count
        guard bytesSeen <= Self.limit else { return .violation }
        if isComplete { return .more }
        let text = String(decoding: line, as: UTF8.self)[...].trimmed()
        if text.hasPrefix("HTTP/") {
            headers = HTTPHeaders()
            version = text.hasPrefix("HTTP/1") ? .one : .two
            status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
            return status == nil ? .violation : .more
        }
        guard let status else { return .violation }
        if text.isEmpty {
            guard status >= 200 else { return .more }
            isComplete = true
            return .head(ResponseHead(status: HTTPStatus(rawValue: status), headers: headers))
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return .more }
        headers.add(name: String(text[..<colon]), value: text[text.utf8.index(after: colon)...].trimmed())
        return .more
    }
}

extension Substring {
    /// Without the spaces, tabs and line ends around it (RFC 9110, optional white space).
    fileprivate func trimmed() -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        let start = utf8.drop { isSpace($0) }
        return String(
            self[start.startIndex..<(start.lastIndex { !isSpace($0) }.map(start.index(after:)) ?? start.startIndex)])
    }
}
