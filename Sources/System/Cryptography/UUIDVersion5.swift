// SPDX-License-Identifier: MIT
import CCrypto

/// The name-based UUID (RFC 9562 section 5.5) in lower case: equal input gives the equal id on every machine.
///
/// - Parameters:
///   - namespace: the 16 bytes of a UUID that says what the names are.
///   - name: what is identified.
package func uuidVersion5(namespace: [UInt8], name: [UInt8]) -> String {
    precondition(namespace.count == 16, "a UUID has 16 bytes")
    var bytes = Array(oneShot(EVP_sha1(), namespace + name, byteCount: 20).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    return uuidText(bytes)
}

/// As above, with the namespace as text, for example `6ba7b810-9dad-11d1-80b4-00c04fd430c8`; nil when it is no UUID.
package func uuidVersion5(namespace: String, name: String) -> String? {
    guard namespace.utf8.count == 36, let bytes = Hex.decode(namespace.filter { $0 != "-" }), bytes.count == 16 else {
        return nil
    }
    return uuidVersion5(namespace: bytes, name: Array(name.utf8))
}

/// A random UUID (RFC 9562 section 5.4) in lower case.
package func uuidVersion4() -> String {
    var bytes = RandomBytes.generate(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return uuidText(bytes)
}

private func uuidText(_ bytes: [UInt8]) -> String {
    let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
    return groups.map { Hex.encode(bytes[$0]) }.joined(separator: "-")
}
