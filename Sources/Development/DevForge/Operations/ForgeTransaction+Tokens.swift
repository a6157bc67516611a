// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

/// What an app asks an installation's token for; nil stands for everything that it was granted.
package struct TokenRequest: Sendable {
    package var repositories: [String]?
    package var repositoryIDs: [Int64]?
    package var permissions: [String: String]?
}

extension ForgeTransaction {
    /// How long an installation's token holds: an hour, as on GitHub.
    package static let tokenLifetime = Duration.seconds(3600)

    /// Mints a token for the installation. The plain token is returned once and kept nowhere.
    package mutating func createToken(_ request: TokenRequest) throws -> (token: String, grant: ForgeAccessToken) {
        guard let app = state.app else { throw ForgeFailure.notFound }
        var ids = Set<Int64>()
        let unknown = ForgeFailure.unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation.")
        for name in request.repositories ?? [] {
            let found = state.repositories.values.first { $0.name.lowercased() == name.lowercased() }
            guard let found else { throw unknown }
            ids.insert(found.id)
        }
        for id in request.repositoryIDs ?? [] {
            guard state.repositories[id] != nil else { throw unknown }
            ids.insert(id)
        }
        if request.repositories == nil, request.repositoryIDs == nil { ids = Set(state.repositories.keys) }
        var permissions = app.permissions
        if let wanted = request.permissions {
            permissions = ["metadata": .read]
            for (name, text) in wanted {
                guard let access = ForgeAccess(rawValue: text), let granted = app.permissions[name], granted >= access
                else {
                    throw ForgeFailure.unprocessable("The permissions requested are not granted to this installation.")
                }
                permissions[name] = access
            }
        }
        let token = "ghs_" + Base32.encode(RandomBytes.generate(25))
        let grant = ForgeAccessToken(
            id: nextID(), digest: ForgeAuthenticator.digest(of: token), repositories: ids.sorted(),
            permissions: permissions, expiresAt: now.adding(Self.tokenLifetime))
        put(.token(grant))
        return (token, grant)
    }

    /// Ends a token at once.
    package mutating func revoke(_ grant: ForgeAccessToken) {
        var grant = grant
        grant.expiresAt = now
        put(.token(grant))
    }
}
