// SPDX-License-Identifier: MIT
import HTTPTypes
import ServiceRuntime

/// A Kubernetes bearer token that somebody gave.
struct BearerToken: Sendable {
    /// The longest: with its name and value a cookie has 4096 bytes (RFC 6265 §6.1), and this leaves room for the name.
    static let maximumBytes = 4000

    /// The token.
    let secret: Secret<String>

    /// Why a text is not taken as a token.
    enum Refusal: Error, Hashable {
        case empty, tooLong, malformed
    }

    /// The token in a text; white space around it came with copying. Only what RFC 6750 §2.1 allows is ever sent on.
    init(_ text: String) throws(Refusal) {
        let trimmed = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        let bytes = Array(String(trimmed).utf8)
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.maximumBytes else { throw .tooLong }
        let end = bytes.lastIndex { $0 != UInt8(ascii: "=") } ?? -1
        guard end >= 0, bytes[...end].allSatisfy(Self.isAllowed) else { throw .malformed }
        secret = Secret(String(decoding: bytes, as: UTF8.self))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

/// The cookie that a token is kept in, and nowhere else: so any replica can answer, and a closed browser has forgotten
/// it.
///
/// No script can read it (`HttpOnly`), no other site's request carries it (`SameSite=Strict`), and but on loopback it
/// is sent over TLS alone (`Secure`); the prefix `__Host-` has browsers hold to that (RFC 6265bis §4.1.3.2).
struct SessionCookie: Sendable {
    /// Whether browsers send it over TLS alone.
    let isSecure: Bool

    /// Its name.
    var name: String { isSecure ? "__Host-codex-k8s-token" : "codex-k8s-token" }

    /// The token that a request carries; nil for none, and for what is none.
    func token(in headers: HTTPHeaders) -> BearerToken? {
        for field in headers.values(for: "Cookie") {
            for pair in field.split(separator: ";") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard sides.count == 2, sides[0].drop(while: { $0 == " " }) == name else { continue }
                return try? BearerToken(String(sides[1]))
            }
        }
        return nil
    }

    /// The value of `Set-Cookie` that keeps a token until the browser is closed.
    func keeping(_ token: BearerToken) -> String { "\(name)=\(token.secret.reveal())\(flags)" }

    /// The value of `Set-Cookie` that forgets it.
    var forgetting: String { "\(name)=\(flags); Max-Age=0" }

    private var flags: String { "; Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")" }
}
