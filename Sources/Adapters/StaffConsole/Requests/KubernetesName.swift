// SPDX-License-Identifier: MIT

/// Names of namespaces and objects.
enum KubernetesName {
    /// Whether the text can be a name (RFC 1123 subdomain): what cannot is not asked about.
    static func isValid(_ text: String) -> Bool {
        func isOuter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 253 else { return false }
        return isOuter(first) && isOuter(last)
            && text.utf8.allSatisfy { isOuter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}
