// SPDX-License-Identifier: MIT

/// The broker's address in texts that people see.
enum BrokerURL {
    /// Replaces loopback addresses by a word: the port and the nonce tell nobody anything.
    static func hide(in text: String) -> String {
        var result: [Substring] = []
        for part in text.split(separator: "http://127.0.0.1:", omittingEmptySubsequences: false) {
            if result.isEmpty {
                result.append(part)
            } else {
                let rest = part.firstIndex { " '\"\n\t)".contains($0) } ?? part.endIndex
                result.append("‹broker›" + part[rest...])
            }
        }
        return result.joined()
    }
}
