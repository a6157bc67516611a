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
        // libcurl would guess a scheme for what is no URL.
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix)?.utf8.count else {
            throw Invalid(reason: "the URL must begin with https:// or http://")
        }
        var text = text
        let cut = text.withUTF8 { Self.cut($0, behind: scheme) }
        guard let cut else { throw Invalid(reason: "the URL has spaces or control characters") }
        self.text = text
        originEnd = text.utf8.index(text.startIndex, offsetBy: cut.originEnd)
        targetEnd = text.utf8.index(text.startIndex, offsetBy: cut.targetEnd)
    }

    /// Where the parts end; nil when there are bytes that have no place in a URL.
    private static func cut(
        _ bytes: UnsafeBufferPointer<UInt8>, behind scheme: Int
    ) -> (originEnd: Int, targetEnd: Int)? {
        var originEnd = bytes.count
        // What is behind the fragment's sign is for whoever made the URL.
        var targetEnd = bytes.count
        for (index, byte) in bytes.enumerated() {
            guard byte > 0x20, byte != 0x7F else { return nil }
            guard index >= scheme, targetEnd == bytes.count else { continue }
            switch byte {
            case UInt8(ascii: "#"):
                targetEnd = index
                originEnd = min(originEnd, index)
            case UInt8(ascii: "/"), UInt8(ascii: "?"): originEnd = min(originEnd, index)
            default: break
            }
        }
        return (originEnd, targetEnd)
    }

    /// Scheme and authority.
    var origin: Substring { text[..<originEnd] }

    /// Path and query as the request's first line has them (RFC 9112 §3.2.1).
    var target: String {
        let target = text[originEnd..<targetEnd]
        return target.utf8.first == UInt8(ascii: "/") ? String(target) : "/" + target
    }
}
