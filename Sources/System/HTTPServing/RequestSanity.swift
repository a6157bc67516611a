// SPDX-License-Identifier: MIT
import HTTPTypes

/// Refuses requests whose framing two parsers could read differently (request smuggling, RFC 9112 §11.2).
///
/// The library below takes most of these shapes; a proxy in front may have decided otherwise about the same bytes. So
/// this runs before everything else, and a refusal closes the connection, because nobody knows where the next request
/// would start.
struct RequestSanity: Sendable {
    /// Lower-cased names of fields that may be there once at most.
    let singleHeaders: Set<String>

    init(singleHeaders: Set<String>) {
        self.singleHeaders = Set(singleHeaders.map { $0.lowercased() })
            .union(["host", "content-length", "transfer-encoding"])
    }

    /// How the body is delimited.
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
    }

    /// The framing of a sane request.
    ///
    /// - Parameter fields: names and values as they arrived; values may hold any byte.
    func check(
        method: String, target: String, version: String, fields: [(name: [UInt8], value: [UInt8])]
    ) throws(HTTPError) -> Framing {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw refusal("version", "only HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isTokenByte) else {
            throw refusal("method", "the method is not a token")
        }
        // An absolute form would be a second opinion about the host: this server is nobody's proxy.
        guard target.hasPrefix("/"), target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refusal("target", "the request target must be a path of visible ASCII characters")
        }
        var seen: [String: [UInt8]] = [:]
        for field in fields {
            guard !field.name.isEmpty, field.name.allSatisfy(Self.isTokenByte) else {
                throw refusal("fieldName", "a header field's name is not a token")
            }
            guard field.value.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw refusal("fieldValue", "a header field's value holds a control character")
            }
            let name = String(decoding: field.name, as: UTF8.self).lowercased()
            guard singleHeaders.contains(name) else { continue }
            guard seen.updateValue(field.value, forKey: name) == nil else {
                throw refusal("repeatedField", "the field \(name) is there more than once")
            }
        }
        if let host = seen["host"] {
            guard host.allSatisfy(Self.isHostByte) else { throw refusal("host", "the host is malformed") }
        } else if version == "HTTP/1.1" {
            throw refusal("host", "the host is missing")
        }
        return try framing(version: version, length: seen["content-length"], coding: seen["transfer-encoding"])
    }

    private func framing(version: String, length: [UInt8]?, coding: [UInt8]?) throws(HTTPError) -> Framing {
        switch (length, coding) {
        case (nil, nil):
            return .none
        case (_?, _?):
            throw refusal("framing", "the body has both a length and a transfer coding")
        case (nil, let coding?):
            guard version == "HTTP/1.1" else { throw refusal("framing", "HTTP/1.0 has no transfer codings") }
            guard String(decoding: coding, as: UTF8.self).lowercased() == "chunked" else {
                throw HTTPError(
                    .notImplemented, reason: "transferCoding", "the only transfer coding known here is chunked")
            }
            return .chunked
        case (let length?, nil):
            // Digits alone: no sign, no list, no space. 18 of them fit into an Int.
            guard (1...18).contains(length.count), length.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(String(decoding: length, as: UTF8.self))
            else { throw refusal("framing", "the content length is not a number") }
            return count == 0 ? .none : .length(count)
        }
    }

    private func refusal(_ reason: String, _ message: String) -> HTTPError {
        HTTPError(.badRequest, reason: "malformedRequest.\(reason)", message)
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Characters of a name, an address literal and a port; neither a path nor user information.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
