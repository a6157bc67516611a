// SPDX-License-Identifier: MIT

/// Where requests go and how connections there are made: what a handle of libcurl is prepared for once and then used
/// for any number of requests.
struct Route: Equatable {
    /// Scheme and authority of the URL.
    let origin: String
    let tls: TLSOptions?
    let proxy: HTTPClient.Configuration.Proxy
    let unixSocket: String?

    /// Whether the URL's scheme is `https`.
    var isSecure: Bool { origin.hasPrefix("https:") }

    /// Whether a proxy may be the one to be asked, which it is by the whole URL: then libcurl must see that.
    var isAskedByURL: Bool { !isSecure && proxy != .none }
}

/// A URL cut into the part that chooses the connection and the part that is asked for on it.
///
/// libcurl takes URLs apart and puts them together again for every transfer. That costs more than all that is done
/// about a request here, and connections depend on the first part alone.
struct RequestURL {
    /// Why a URL cannot be asked for.
    struct Invalid: Error {
        let reason: String
    }

    private let text: String
    private let originEnd: String.Index
    private let targetEnd: String.Index

    /// - Throws: when the scheme is another one than those of HTTP, or when there are spaces or control characters,
    ///   which could end the request's first line and begin another one.
    init(_ text: String) throws(Invalid) {
        let bytes = text.utf8
        guard let authority = Self.afterScheme(bytes) else {
            // libcurl would guess a scheme for what is no URL.
            throw Invalid(reason: "the URL must begin with https:// or http://")
        }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Invalid(reason: "the URL has spaces or control characters")
        }
        self.text = text
        originEnd =
            bytes[authority...].firstIndex {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
            } ?? bytes.endIndex
        // What is behind it is for whoever made the URL.
        targetEnd = bytes[originEnd...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
    }

    private static func afterScheme(_ bytes: String.UTF8View) -> String.Index? {
        for scheme in ["https://", "http://"] where bytes.starts(with: scheme.utf8) {
            return bytes.index(bytes.startIndex, offsetBy: scheme.utf8.count)
        }
        return nil
    }

    /// Scheme and authority.
    var origin: Substring { text[..<originEnd] }

    /// Path and query as the request's first line has them (RFC 9112 §3.2.1).
    var target: String {
        let target = text[originEnd..<targetEnd]
        return target.utf8.first == UInt8(ascii: "/") ? String(target) : "/" + target
    }
}
