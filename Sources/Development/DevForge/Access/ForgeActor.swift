// SPDX-License-Identifier: MIT

/// Who makes a request: a person with a personal token, or the app through an installation's token.
package struct ForgeActor: Sendable {
    /// The account that what happens is shown under; for the app it is the bot.
    package var user: ForgeUser
    /// The installation's token that was used; nil for a person.
    package var grant: ForgeAccessToken?

    /// Whether it is the app.
    package var viaApp: Bool { grant != nil }

    /// What the actor may do with the repository as a role, as far as roles go: an app's token with write access to
    /// the contents counts as `write`.
    package func role(in repository: ForgeRepository) -> ForgeRole {
        guard let grant else { return repository.role(of: user.id) }
        guard grant.repositories.contains(repository.id) else { return .none }
        return grant.permissions["contents"] == .write ? .write : .read
    }
}

/// What an endpoint asks for.
package struct ForgeRequirement: Sendable {
    /// Permissions of an installation's token, one of which is enough.
    package var permissions: [String]
    package var access: ForgeAccess
    /// The role that a person needs.
    package var role: ForgeRole

    /// One of the permissions at the given access for an app, the role for a person.
    package init(_ permissions: String..., access: ForgeAccess, role: ForgeRole) {
        self.permissions = permissions
        self.access = access
        self.role = role
    }

    /// What every token may read: the repository itself, permissions, rules.
    package static let metadata = ForgeRequirement("metadata", access: .read, role: .read)
    /// Issues, labels, comments, events.
    package static let readIssues = ForgeRequirement("issues", "pull_requests", access: .read, role: .read)
    /// Comments and reactions; anybody who can read may.
    package static let comment = ForgeRequirement("issues", "pull_requests", access: .write, role: .read)
    /// Setting labels.
    package static let triage = ForgeRequirement("issues", "pull_requests", access: .write, role: .triage)
    /// Pull requests and reviews.
    package static let readPulls = ForgeRequirement("pull_requests", access: .read, role: .read)
    /// Reviewing.
    package static let review = ForgeRequirement("pull_requests", access: .write, role: .read)
    /// Opening pull requests.
    package static let writePulls = ForgeRequirement("pull_requests", access: .write, role: .write)
    /// Commits, trees, branches, fetching.
    package static let readContents = ForgeRequirement("contents", access: .read, role: .read)
    /// References, files, merging, pushing.
    package static let writeContents = ForgeRequirement("contents", access: .write, role: .write)
    /// People and rules.
    package static let administer = ForgeRequirement("administration", access: .write, role: .admin)

    /// Refuses the actor as GitHub does: 404 for a repository that it must not know of, 403 for a missing right.
    package func check(_ actor: ForgeActor, on repository: ForgeRepository) throws {
        if let grant = actor.grant {
            guard grant.repositories.contains(repository.id) else { throw ForgeFailure.notFound }
            let granted = permissions.contains { name in
                // Metadata is part of every installation's token.
                (grant.permissions[name] ?? (name == "metadata" ? .read : nil)).map { $0 >= access } ?? false
            }
            guard granted else { throw ForgeFailure.notAccessibleByIntegration }
            return
        }
        let held = repository.role(of: actor.user.id)
        guard held > .none else { throw ForgeFailure.notFound }
        guard held >= role else { throw ForgeFailure.mustHaveAdminRights }
    }
}
