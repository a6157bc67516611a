// SPDX-License-Identifier: MIT
package import AgentAPI

/// Who may start a run by a label or a review: deny by default.
package enum ActorPolicy {
    /// What the code host says of somebody.
    package struct Subject: Sendable, Hashable {
        package var id: Int64
        package var login: String
        package var isBot: Bool
        /// The host's word for the repository permission, such as `write`; `nil` when it was not asked.
        package var permission: String?

        package init(id: Int64, login: String, isBot: Bool, permission: String?) {
            self.id = id
            self.login = login
            self.isBot = isBot
            self.permission = permission
        }
    }

    /// The verdict, with the rule that gave it. The rule may be shown to anybody, the lists behind it may not.
    package enum Verdict: Sendable, Hashable {
        case allowed(rule: String)
        case denied(rule: String)
    }

    private static let ranks = ["none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5]

    /// Decides by the first rule that fits.
    ///
    /// Bots are allowed by exact id alone: a login ending in `[bot]` can be had by anybody.
    package static func decide(_ subject: Subject, _ actors: OperatorConfiguration.Actors) -> Verdict {
        if subject.isBot {
            return actors.botIDs.contains(subject.id)
                ? .allowed(rule: "listed bot") : .denied(rule: "bots start runs only when listed by id")
        }
        let login = subject.login.lowercased()
        if let owner = actors.owner, owner.lowercased() == login { return .allowed(rule: "owner") }
        if actors.logins.contains(where: { $0.lowercased() == login }) { return .allowed(rule: "listed login") }
        let needed = actors.minimumPermission
        guard needed != "none", let neededRank = ranks[needed] else {
            return .denied(rule: "only the owner and listed logins start runs")
        }
        if let permission = subject.permission, let rank = ranks[permission], rank >= neededRank {
            return .allowed(rule: "repository permission \(needed)")
        }
        return .denied(rule: "starting a run needs the repository permission \(needed)")
    }
}
