// SPDX-License-Identifier: MIT
package import JSONCoding

/// How far a permission goes; `write` includes `read`.
package enum ForgeAccess: String, Codable, Sendable, Comparable {
    case read, write

    package static func < (left: ForgeAccess, right: ForgeAccess) -> Bool {
        left == .read && right == .write
    }
}

/// A token that an app's installation holds for a while.
///
/// Only the digest is kept, so that the folder of the stand-in gives no working token away.
package struct ForgeAccessToken: Codable, Sendable {
    package var id: Int64
    /// SHA-256 of the token, in hexadecimal.
    package var digest: String
    package var repositories: [Int64]
    package var permissions: [String: ForgeAccess]
    package var expiresAt: Timestamp
}

/// The app: one, installed once, on all repositories of the stand-in.
package struct ForgeApp: Codable, Sendable {
    package var id: Int64
    package var installation: Int64
    package var slug: String
    package var name: String
    /// The account that the app's writes are shown under, `SLUG[bot]`.
    package var bot: Int64
    package var publicKeyPEM: String
    /// What the app was granted at installation: the most that a token can carry.
    package var permissions: [String: ForgeAccess]
}
