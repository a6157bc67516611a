// SPDX-License-Identifier: MIT
import Cryptography
package import JSONCoding

/// Finds out who asks, from the `Authorization` header.
package enum ForgeAuthenticator {
    /// A token out of `Bearer TOKEN`, `token TOKEN`, or the password of `Basic` (git); nil without a header.
    package static func token(in header: String?) throws -> String? {
        guard let header else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw ForgeFailure.badCredentials }
        switch parts[0].lowercased() {
        case "bearer", "token":
            return String(parts[1])
        case "basic":
            guard let bytes = Base64.decode(parts[1]) else { throw ForgeFailure.badCredentials }
            let pair = String(decoding: bytes, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw ForgeFailure.badCredentials }
            // GitHub takes the token in either place; git puts it into the password.
            return String(pair[1].isEmpty || pair[1] == "x-oauth-basic" ? pair[0] : pair[1])
        default:
            throw ForgeFailure.badCredentials
        }
    }

    /// The person or the installation that a token stands for.
    package static func actor(token: String?, state: ForgeState, now: Timestamp) throws -> ForgeActor {
        guard let token else { throw ForgeFailure.requiresAuthentication }
        let digest = digest(of: token)
        if let user = state.user(tokenDigest: digest) { return ForgeActor(user: user) }
        guard let grant = state.tokens[digest], grant.expiresAt > now,
            let bot = state.app.flatMap({ state.users[$0.bot] })
        else { throw ForgeFailure.badCredentials }
        return ForgeActor(user: bot, grant: grant)
    }

    /// What is stored in place of a token.
    package static func digest(of token: String) -> String {
        Hex.encode(SHA256.digest(token))
    }

    private struct Claims: Decodable {
        var iss: String
        var iat: Double
        var exp: Double

        private enum CodingKeys: CodingKey { case iss, iat, exp }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            // The issuer is the app's number or its client id; libraries write the number with and without quotes.
            if let number = try? container.decode(Int64.self, forKey: .iss) {
                iss = String(number)
            } else {
                iss = try container.decode(String.self, forKey: .iss)
            }
            iat = try container.decode(Double.self, forKey: .iat)
            exp = try container.decode(Double.self, forKey: .exp)
        }
    }

    /// Checks the app's own token (RS256, at most ten minutes, issued in the past) and returns the app.
    package static func app(token: String?, state: ForgeState, now: Timestamp) throws -> ForgeApp {
        func refused(_ message: String) -> ForgeFailure { ForgeFailure(status: 401, message: message) }
        guard let app = state.app else { throw ForgeFailure.notFound }
        guard let token, let key = try? RSAPublicKey(pem: app.publicKeyPEM),
            let claims = try? JSONWebToken.verify(token, as: Claims.self, with: key)
        else { throw refused("A JSON web token could not be decoded") }
        guard claims.iss == String(app.id) || claims.iss == "Iv-forge-\(app.id)" else {
            throw refused("'Issuer' claim ('iss') must be an Integer")
        }
        let seconds = Double(now.microseconds) / 1_000_000
        // GitHub allows a minute of clock drift.
        guard claims.iat <= seconds + 60 else {
            throw refused(
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
        }
        guard claims.exp > seconds else {
            throw refused(
                "'Expiration time' claim ('exp') must be a numeric value "
                    + "representing the future time at which the assertion expires")
        }
        guard claims.exp <= seconds + 660 else {
            throw refused("'Expiration time' claim ('exp') is too far in the future")
        }
        return app
    }
}
