// SPDX-License-Identifier: MIT
import AgentAPI

/// Hides what looks like a credential in texts that people see: log lines, progress, summaries.
///
/// The agent's container holds no credential of ours; what an agent finds in a repository or is told by people may be
/// one all the same. Shapes are known, not values: what has none of these shapes stays.
enum SecretMask {
    /// What stands in a credential's place.
    static let replacement = "‹redacted›"

    /// Prefixes of tokens and the least number of characters that follow in a real one.
    private static let prefixes: [(text: [UInt8], atLeast: Int)] = [
        (Array("sk-".utf8), 16), (Array("github_pat_".utf8), 8), (Array("ghs_".utf8), 8), (Array("ghp_".utf8), 8),
        (Array("gho_".utf8), 8), (Array("ghu_".utf8), 8), (Array("ghr_".utf8), 8),
    ]
    private static let schemes = [Array("bearer ".utf8), Array("basic ".utf8)]
    private static let keyBegin = Array("-----BEGIN ".utf8)
    private static let keyEnd = Array("-----END ".utf8)
    private static let keyName = Array("PRIVATE KEY-----".utf8)

    /// The text with every credential replaced. Takes time in proportion to its length.
    static func mask(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var copied = 0
        var position = 0
        while position < bytes.count {
            guard let found = credential(in: bytes, at: position), !found.isEmpty else {
                position += 1
                continue
            }
            result += bytes[copied..<found.lowerBound]
            result += Array(replacement.utf8)
            position = found.upperBound
            copied = position
        }
        if copied == 0 { return text }
        return String(decoding: result + bytes[copied...], as: UTF8.self)
    }

    /// The credential that begins here, or the part after a word that announces one.
    private static func credential(in bytes: [UInt8], at start: Int) -> Range<Int>? {
        switch bytes[start] {
        case UInt8(ascii: "-"): return privateKey(in: bytes, at: start)
        case UInt8(ascii: ":"): return password(in: bytes, at: start)
        default: break
        }
        guard start == 0 || !isWord(bytes[start - 1]) else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "s"), UInt8(ascii: "g"):
            for (prefix, least) in prefixes where has(prefix, in: bytes, at: start) {
                let end = end(of: isTokenCharacter, in: bytes, from: start + prefix.count)
                if end - start - prefix.count >= least { return start..<end }
            }
        case UInt8(ascii: "e"): return webToken(in: bytes, at: start)
        case UInt8(ascii: "B"), UInt8(ascii: "b"):
            for scheme in schemes where has(scheme, in: bytes, at: start, ignoringCase: true) {
                let from = start + scheme.count
                let end = end(of: isToken68, in: bytes, from: from)
                if end - from >= 8 { return from..<end }
            }
        default: break
        }
        return nil
    }

    /// `eyJ….….…`: a JSON object in base64url, twice, and a signature (RFC 7519).
    private static func webToken(in bytes: [UInt8], at start: Int) -> Range<Int>? {
        guard has(Array("eyJ".utf8), in: bytes, at: start) else { return nil }
        var end = start
        for part in 0..<3 {
            let next = Self.end(of: isTokenCharacter, in: bytes, from: end)
            guard next - end >= (part == 2 ? 0 : 4) else { return nil }
            end = next
            guard part < 2 else { break }
            guard end < bytes.count, bytes[end] == UInt8(ascii: ".") else { return nil }
            end += 1
        }
        return start..<end
    }

    /// From a key's first line to its last, or to the end where that is missing.
    private static func privateKey(in bytes: [UInt8], at start: Int) -> Range<Int>? {
        guard has(keyBegin, in: bytes, at: start),
            let name = find(keyName, in: bytes, from: start, within: 64)
        else { return nil }
        guard let last = find(keyEnd, in: bytes, from: name, within: bytes.count),
            let end = find(keyName, in: bytes, from: last, within: 64)
        else { return start..<bytes.count }
        return start..<(end + keyName.count)
    }

    /// The password of `scheme://user:password@host` (RFC 3986 §3.2.1), without the user.
    private static func password(in bytes: [UInt8], at start: Int) -> Range<Int>? {
        guard has(Array("://".utf8), in: bytes, at: start) else { return nil }
        let limit = min(bytes.count, start + 512)
        var colon: Int?
        var position = start + 3
        while position < limit {
            switch bytes[position] {
            case UInt8(ascii: ":"): colon = colon ?? position
            case UInt8(ascii: "@"): return colon.map { ($0 + 1)..<position }
            case UInt8(ascii: "/"), UInt8(ascii: "\""), 0...0x20: return nil
            default: break
            }
            position += 1
        }
        return nil
    }

    private static func has(_ text: [UInt8], in bytes: [UInt8], at start: Int, ignoringCase: Bool = false) -> Bool {
        guard bytes.count - start >= text.count else { return false }
        for offset in 0..<text.count {
            let byte = bytes[start + offset]
            let isUpper = ignoringCase && (0x41...0x5A).contains(byte)
            if (isUpper ? byte | 0x20 : byte) != text[offset] { return false }
        }
        return true
    }

    private static func find(_ text: [UInt8], in bytes: [UInt8], from start: Int, within distance: Int) -> Int? {
        var position = start
        let last = min(bytes.count - text.count, start + distance)
        while position <= last {
            if has(text, in: bytes, at: position) { return position }
            position += 1
        }
        return nil
    }

    private static func end(of isPart: (UInt8) -> Bool, in bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, isPart(bytes[end]) { end += 1 }
        return end
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// token68 of RFC 9110 §11.2.
    private static func isToken68(_ byte: UInt8) -> Bool {
        isTokenCharacter(byte) || Array("._~+/=".utf8).contains(byte)
    }
}

extension OneLine {
    /// The text in one line without control characters, credentials hidden, of at most `limit` characters.
    static func make(_ text: some StringProtocol, limit: Int) -> String {
        // Masked before it is cut, so that no part of a credential is left; a little more than fits is looked at.
        of(SecretMask.mask(String(text.prefix(limit * 4 + 4096))), limit: limit)
    }
}
