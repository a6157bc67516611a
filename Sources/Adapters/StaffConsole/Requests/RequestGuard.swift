// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// What a request has to be before anything is done for it. Asked before its body is read.
struct RequestGuard: Sendable {
    /// Whether only this machine can reach the server: then names that lead here must be this machine's.
    let isLoopback: Bool

    /// The most bytes of all cookies together: the token with what else a browser keeps for the host.
    static let maximumCookieBytes = 8 << 10

    /// Why the request is not answered; nil when it is.
    func objection(to request: ServerRequest) -> ConsoleProblem? {
        // A site that has its own name point here would else read the pages as its own (DNS rebinding).
        if isLoopback, !Self.isThisMachine(request.headers["Host"] ?? "") { return .foreignHost }
        let cookies = request.headers.values(for: "Cookie").reduce(0) { $0 + $1.utf8.count }
        if cookies > Self.maximumCookieBytes { return .cookiesTooLarge }
        guard request.method == .post else { return nil }
        if !Self.isFromHere(request) { return .foreignForm }
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" }.lowercased()
        // A button without fields, such as that for signing out, has the same type.
        return type == "application/x-www-form-urlencoded" ? nil : .wrongForm
    }

    /// Whether a form was sent by one of these pages.
    ///
    /// Browsers say so by `Sec-Fetch-Site`; they say `Origin: null` for a page that has no referrer (Fetch standard,
    /// "append a request Origin header"), so the origin is asked only where the first is missing.
    private static func isFromHere(_ request: ServerRequest) -> Bool {
        if let site = request.headers["Sec-Fetch-Site"] { return site == "same-origin" }
        guard let origin = request.headers["Origin"]?.lowercased(), let host = request.headers["Host"]?.lowercased()
        else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    /// Whether another site's link or form led here: such a request carries no cookie.
    static func isFromElsewhere(_ request: ServerRequest) -> Bool {
        request.headers["Sec-Fetch-Site"] == "cross-site"
    }

    /// Whether a `Host` field names this machine, with whatever port.
    static func isThisMachine(_ field: String) -> Bool {
        let host = field.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let rest = host[host.index(after: end)...]
            return isLoopbackAddress(String(host[host.index(after: host.startIndex)..<end])) && isPort(rest)
        }
        let name = host.prefix { $0 != ":" }
        return isLoopbackAddress(String(name)) && isPort(host[name.endIndex...])
    }

    /// Whether an address is this machine's own and no other's (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    static func isLoopbackAddress(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
