// SPDX-License-Identifier: MIT
import SystemCalls

/// Where the broker listens: the seam between the two containers, as the content of a file in the folder that they
/// share.
struct BrokerAddress: Equatable, CustomStringConvertible {
    /// The file's name.
    static let fileName = "address"

    /// On loopback; 0 takes a free one.
    let port: Int
    /// The part of the path that only the agent's container was told: 32 hexadecimal digits.
    let nonce: String

    init(port: Int, nonce: String) {
        self.port = port
        self.nonce = nonce
    }

    /// Reads the file; nil when it is missing or holds something else.
    init?(file: String) {
        guard let text = try? Files.readText(file, limit: 4096) else { return nil }
        self.init(text)
    }

    /// Reads an address as ``description`` writes it.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "http:", parts[1].isEmpty, parts[2].hasPrefix("127.0.0.1:"),
            let port = Int(parts[2].dropFirst(10)), (1...65_535).contains(port)
        else { return nil }
        let nonce = parts[3].prefix { $0.isHexDigit }
        guard nonce.utf8.count == 32, parts[3].dropFirst(32).allSatisfy(\.isWhitespace) else { return nil }
        self.init(port: port, nonce: String(nonce))
    }

    var description: String { "http://127.0.0.1:\(port)/\(nonce)" }
}
