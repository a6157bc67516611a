// SPDX-License-Identifier: MIT
package import ServiceRuntime

/// What the stand-in begins with. Accounts and the repository are made at the first start and kept from then on.
package struct ForgeConfiguration: Sendable {
    /// A person with a personal token.
    package struct Person: Sendable {
        package var login: String
        package var token: Secret<String>
        /// The role in the repository; nil leaves what everybody may do with a public one.
        package var role: ForgeRole?

        /// A person of the given name, token and role.
        package init(login: String, token: Secret<String>, role: ForgeRole?) {
            self.login = login
            self.token = token
            self.role = role
        }
    }

    /// The folder that holds everything: journal, repositories, the app's key, the tokens.
    package var directory: String
    /// The address to listen on.
    package var host = "127.0.0.1"
    /// 0 takes a free port.
    package var port = 0
    /// The account that owns the repository, an administrator of it.
    package var owner = "acme"
    /// The repository's own name.
    package var repository = "shop"
    /// Whether nothing is to be seen without a token that may.
    package var isPrivate = false
    /// See `ForgeRepository.pairsNumbers`.
    package var pairsNumbers = false
    /// The app's slug; its account is `SLUG[bot]`.
    package var appName = "codex-k8s"
    /// Signs the webhooks.
    package var webhookSecret: Secret<String>
    /// Where webhooks go; nil keeps them waiting until `setWebhookAddress`.
    package var webhookAddress: String?
    /// Whether the repository has a ruleset that keeps apps to `codex/**`.
    package var confinesApps = true
    /// People beside the owner. Tokens that are not given are made and kept in `tokens.json`.
    package var people: [Person] = []
    /// Requests an hour and actor; GitHub gives an app 5 000 to 15 000.
    package var hourlyLimit = 15_000
    /// The most entries of a recursive tree listing; GitHub's limit is 100 000.
    package var treeLimit = 100_000
    /// What time it is.
    package var clock = WallClock.system
    /// Called when a request was carried out and its answer not sent yet: where a test stops the process.
    package var beforeAnswer: (@Sendable (_ method: String, _ userAgent: String) -> Void)?

    /// The defaults with a folder and a webhook secret.
    package init(directory: String, webhookSecret: Secret<String>) {
        self.directory = directory
        self.webhookSecret = webhookSecret
    }
}

/// What a client of the stand-in needs to know.
package struct ForgeCredentials: Sendable {
    package var appID: Int64
    package var installationID: Int64
    /// The login of the app's account, `SLUG[bot]`.
    package var botLogin: String
    /// The app's private key as PEM, also in the file `app.private-key.pem` of the folder.
    package var privateKeyPEM: Secret<String>
    package var privateKeyFile: String
    package var ownerLogin: String
    package var ownerToken: Secret<String>
    /// Tokens of all people, by login.
    package var tokens: [String: Secret<String>]
    package var repositoryID: Int64
    /// `OWNER/REPOSITORY`.
    package var repository: String
}
