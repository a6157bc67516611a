// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import ServiceRuntime
import SystemCalls

/// Makes what the stand-in begins with, and finds it again at later starts.
///
/// Every step looks first, so that a stop in the middle of the first start is made good by the next.
enum ForgeSeed {
    private static let readme = """
        # %NAME%

        A repository of the forge stand-in of codex-k8s. Set the label `run:dev` on an issue to see a pull request.

        """

    static func run(_ configuration: ForgeConfiguration, store: ForgeStore) async throws -> ForgeCredentials {
        let folder = configuration.directory
        let keyFile = "\(folder)/app.private-key.pem"
        let key = try await BlockingPool.shared.run {
            try PushRules.install(in: "\(folder)/hooks")
            return try privateKey(keyFile)
        }
        let tokens = try await BlockingPool.shared.run { try Self.tokens(configuration, in: folder) }
        let publicKey = try key.publicKeyPEM()
        let repository = try await store.commit(baseURL: "") { transaction in
            try seed(configuration, tokens: tokens, publicKey: publicKey, in: &transaction)
        }
        let git = GitRepository(path: "\(folder)/repositories/\(repository.id).git")
        let text = readme.replacing("%NAME%", with: configuration.repository)
        try await git.initialise(
            branch: repository.defaultBranch, readme: text,
            by: GitSignature(
                name: configuration.owner, email: "\(configuration.owner)@users.noreply.invalid",
                date: store.now.description))
        let state = store.snapshot
        guard let app = state.app, let bot = state.users[app.bot] else { throw ForgeFailure.notFound }
        return ForgeCredentials(
            appID: app.id, installationID: app.installation, botLogin: bot.login,
            privateKeyPEM: Secret(try key.pem()), privateKeyFile: keyFile, ownerLogin: configuration.owner,
            ownerToken: tokens[configuration.owner] ?? Secret(""), tokens: tokens, repositoryID: repository.id,
            repository: repository.fullName)
    }

    private static func privateKey(_ path: String) throws -> RSAPrivateKey {
        if Files.exists(path) { return try RSAPrivateKey(pem: Files.readText(path)) }
        let key = try RSAPrivateKey.generate()
        try Files.writeAtomically(path, Array(try key.pem().utf8), mode: 0o600)
        return key
    }

    /// The tokens of all people: given ones win, others are read from the folder or made.
    private static func tokens(_ configuration: ForgeConfiguration, in folder: String) throws -> [String: Secret<
        String
    >] {
        let path = "\(folder)/tokens.json"
        var known: [String: String] = [:]
        if Files.exists(path) { known = try JSONValue.parse(Files.readBytes(path)).stringMap ?? [:] }
        for person in people(configuration) {
            let given = person.token.reveal()
            known[person.login] =
                given.isEmpty
                ? known[person.login] ?? "ghp_" + Base32.encode(RandomBytes.generate(25)) : given
        }
        try Files.writeAtomically(path, JSONValue(known).encoded(pretty: true), mode: 0o600)
        return known.mapValues { Secret($0) }
    }

    private static func people(_ configuration: ForgeConfiguration) -> [ForgeConfiguration.Person] {
        var people = configuration.people
        if !people.contains(where: { $0.login == configuration.owner }) {
            people.insert(.init(login: configuration.owner, token: Secret(""), role: .admin), at: 0)
        }
        // Somebody who may label but not write, and somebody who may do neither.
        for (login, role) in [("triager", ForgeRole.triage), ("outsider", nil)] {
            if !people.contains(where: { $0.login == login }) {
                people.append(.init(login: login, token: Secret(""), role: role))
            }
        }
        return people
    }

    private static func seed(
        _ configuration: ForgeConfiguration, tokens: [String: Secret<String>], publicKey: String,
        in transaction: inout ForgeTransaction
    ) throws -> ForgeRepository {
        var roles: [Int64: ForgeRole] = [:]
        for person in people(configuration) {
            let digest = tokens[person.login].map { ForgeAuthenticator.digest(of: $0.reveal()) }
            var user =
                transaction.state.user(login: person.login)
                ?? ForgeUser(id: transaction.nextID(), login: person.login, kind: .user, tokenDigest: nil)
            if user.tokenDigest != digest || transaction.state.users[user.id] == nil {
                user.tokenDigest = digest
                transaction.put(.user(user))
            }
            if let role = person.role { roles[user.id] = role }
        }
        try seedApp(configuration, publicKey: publicKey, in: &transaction)
        if let known = transaction.state.repository(owner: configuration.owner, name: configuration.repository) {
            return known
        }
        let repository = ForgeRepository(
            id: transaction.nextID(), owner: configuration.owner, name: configuration.repository,
            defaultBranch: "main", isPrivate: configuration.isPrivate, createdAt: transaction.now, roles: roles,
            rulesets: configuration.confinesApps ? [confinement(id: transaction.nextID())] : [], nextNumber: 1,
            pairsNumbers: configuration.pairsNumbers)
        transaction.put(.repository(repository))
        if let owner = transaction.state.user(login: configuration.owner) {
            transaction.queuePing(by: ForgeActor(user: owner))
        }
        return repository
    }

    private static func seedApp(
        _ configuration: ForgeConfiguration, publicKey: String, in transaction: inout ForgeTransaction
    ) throws {
        if var app = transaction.state.app {
            guard app.publicKeyPEM != publicKey else { return }
            app.publicKeyPEM = publicKey
            transaction.put(.app(app))
            return
        }
        let login = "\(configuration.appName)[bot]"
        let bot = ForgeUser(id: transaction.nextID(), login: login, kind: .bot, tokenDigest: nil)
        transaction.put(.user(bot))
        transaction.put(
            .app(
                ForgeApp(
                    id: transaction.nextID(), installation: transaction.nextID(), slug: configuration.appName,
                    name: configuration.appName, bot: bot.id, publicKeyPEM: publicKey,
                    permissions: [
                        "metadata": .read, "contents": .write, "issues": .write, "pull_requests": .write,
                        "administration": .read,
                    ])))
    }

    /// The rules that a repository needs before codex-k8s works on it: people who may write pass, the app does not.
    private static func confinement(id: Int64) -> ForgeRuleset {
        ForgeRuleset(
            id: id, name: "apps write to codex/** only", enforcement: "active", include: ["~ALL"],
            exclude: ["refs/heads/codex/**"], rules: ["creation", "update", "deletion", "non_fast_forward"],
            bypassRole: .write)
    }
}
