// SPDX-License-Identifier: MIT

/// What an account may do with one repository, weakest first.
///
/// The names are GitHub's repository roles. `permission` is the older four-value form that the collaborator
/// permission endpoint also reports, where triage counts as read and maintain as write.
package enum ForgeRole: String, Codable, Sendable, Comparable, CaseIterable {
    case none, read, triage, write, maintain, admin

    /// The role as GitHub's older `permission` field spells it.
    package var permission: String {
        switch self {
        case .none: "none"
        case .read, .triage: "read"
        case .write, .maintain: "write"
        case .admin: "admin"
        }
    }

    package static func < (left: ForgeRole, right: ForgeRole) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .none: 0
        case .read: 1
        case .triage: 2
        case .write: 3
        case .maintain: 4
        case .admin: 5
        }
    }
}

/// An account: a person, or the bot that an app acts as.
package struct ForgeUser: Codable, Sendable, Hashable {
    /// The two kinds of account that act here.
    package enum Kind: String, Codable, Sendable {
        case user = "User"
        case bot = "Bot"
    }

    package var id: Int64
    package var login: String
    package var kind: Kind
    /// SHA-256 (hex) of the personal access token; nil for the bot, which has none of its own.
    package var tokenDigest: String?
}
