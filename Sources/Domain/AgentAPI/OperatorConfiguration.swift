// SPDX-License-Identifier: MIT
package import JSONCoding

/// The operator's configuration file (YAML), shared by the controller and the edge.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `namespace` | where the edge and healing make AgentRuns | `codex-k8s` |
/// | `systemNamespace` | where the operator itself lives | `codex-k8s-system` |
/// | `github.apiURL` `.gitURL` | addresses of REST and of git | github.com's |
/// | `github.appID` `.privateKeyFile` | the GitHub App | required by the controller |
/// | `github.caFile` | extra certificate authority (Enterprise Server) | system's |
/// | `repositories[]` | `name`, `id`, `baseBranch`, `allowWorkflowFiles`, `allowUnprotected`, `model`, `reasoningEffort`, `locale` | required |
/// | `actors` | `owner`, `logins[]`, `minimumPermission`, `botIDs[]` | `write`, nobody else |
/// | `agents.KEY` | `role`, `mode`, `readOnly`, `parallelRuns`, `image`, `command[]`, `model`, `reasoningEffort`, `timeout` | the catalogue |
/// | `model.baseURL` `.keyFile` | the model provider's address and the file with its key, which the broker adds | no model |
/// | `model.name` `.reasoningEffort` | what is used where nothing else says one | the agent CLI's own |
/// | `runAPI.url` | where pods reach the run API | none: sessions are not kept |
/// | `sessions.maximumBytes` | the largest session that is kept | 64 MiB |
/// | `network.projectNamespaces[]` | namespaces that pods of runs may talk to | none |
/// | `network.allowedCIDRs[]` | private address ranges that they may reach on 443, such as a model provider's | none |
/// | `models[]` | what labels and specs may ask for, besides what agents, repositories and the system are set to | empty |
/// | `images[]` | what specs may ask for, besides the agents' own | empty |
/// | `conflictPolicy` | `Reject` or `Queue` a trigger while a run of the issue goes on | `Reject` |
/// | `leaseTTL` | lifetime of a place after its last holder | `24h` |
/// | `waitLimit` | how long a run waits with its pod; then the pod ends, and a new one goes on after the wait | `30m` |
/// | `healingInterval` | how often lost labels are looked for | `5m` |
/// | `locale` | language of prompts and comments | `en` |
/// | `labels` | overrides of the label catalogue | the catalogue |
package struct OperatorConfiguration: Sendable, Hashable {
    package var namespace: String
    package var systemNamespace: String
    package var github: GitHub
    package var model: Model
    package var runAPI: RunAPI
    package var sessions: Sessions
    package var network: Network
    package var repositories: [Repository]
    package var actors: Actors
    package var agents: [String: AgentDefinition]
    package var models: [String]
    package var images: [String]
    package var conflictPolicy: ConflictPolicy
    package var leaseTTL: Duration
    package var healingInterval: Duration
    /// How long a waiting run keeps its pod.
    package var waitLimit: Duration
    package var locale: String
    package var labels: LabelCatalogue

    /// How the GitHub App is reached.
    package struct GitHub: Sendable, Hashable {
        package var apiURL: String
        package var gitURL: String
        package var appID: Int64?
        package var privateKeyFile: String?
        package var caFile: String?
    }

    /// One repository that the operator works for.
    package struct Repository: Sendable, Hashable {
        package var name: RepositoryName
        package var id: Int64?
        /// The branch pull requests go to; `nil` is the repository's default branch.
        package var baseBranch: String?
        package var allowWorkflowFiles: Bool
        package var allowUnprotected: Bool
        /// What runs in this repository use where neither labels, nor the last run, nor the agent say one.
        package var model: String?
        package var reasoningEffort: String?
        /// Language of prompts and comments; `nil` is the system's.
        package var locale: String?
    }

    /// The model provider that the broker forwards to.
    package struct Model: Sendable, Hashable {
        /// Base address of an OpenAI-compatible Responses API, such as `https://api.openai.com/v1`.
        package var baseURL: String?
        /// File with the key; read again for each run, so that it can be changed without a restart.
        package var keyFile: String?
        /// The system's default model and effort, the last of the resolution chain.
        package var name: String?
        package var reasoningEffort: String?
    }

    /// The API that the pods of runs use.
    package struct RunAPI: Sendable, Hashable {
        /// Its address as pods reach it; without one nothing of a session outlives its pod.
        package var url: String?
    }

    /// What pods of runs may reach beyond the public internet on 443.
    package struct Network: Sendable, Hashable {
        /// Namespaces of the projects.
        package var projectNamespaces: [String] = []
        /// Address ranges, as `10.1.0.0/16`.
        package var allowedCIDRs: [String] = []
    }

    /// Sessions of agents.
    package struct Sessions: Sendable, Hashable {
        /// The most bytes of a session's files, before compression.
        package var maximumBytes: Int

        /// What is kept of a session where the configuration says nothing: 64 MiB.
        package static let defaultMaximumBytes = 64 << 20
    }

    /// Who may start runs.
    package struct Actors: Sendable, Hashable {
        package var owner: String?
        package var logins: [String]
        /// The repository permission that is enough; `none` turns this rule off.
        package var minimumPermission: String
        /// Bots that may start runs, by exact id.
        package var botIDs: [Int64]

        package init(owner: String?, logins: [String], minimumPermission: String, botIDs: [Int64]) {
            self.owner = owner
            self.logins = logins
            self.minimumPermission = minimumPermission
            self.botIDs = botIDs
        }
    }

    /// What happens to a trigger while another run of the issue goes on.
    package enum ConflictPolicy: String, Sendable, Hashable, CaseIterable {
        case reject = "Reject"
        case queue = "Queue"
    }

    /// What a reasoning effort may be, as the agent's CLI is given it.
    package static let reasoningEfforts = ["low", "medium", "high", "xhigh"]

    /// Every model that a run may use: those listed, and those that agents, repositories and the system are set to.
    package var allowedModels: Set<String> {
        var allowed = Set(models)
        allowed.formUnion(agents.values.compactMap(\.model))
        allowed.formUnion(repositories.compactMap(\.model))
        if let name = model.name { allowed.insert(name) }
        return allowed
    }

    /// The configured repository of this name.
    package func repository(named name: RepositoryName) -> Repository? {
        repositories.first { $0.name.matches(name) }
    }
}

extension OperatorConfiguration {
    /// Reads and checks a parsed configuration file.
    ///
    /// - Throws: ``ConfigurationError`` with every problem.
    package init(_ document: JSONValue) throws(ConfigurationError) {
        var reader = ConfigurationReader(document, path: "")
        namespace = reader.string("namespace") ?? "codex-k8s"
        systemNamespace = reader.string("systemNamespace") ?? "codex-k8s-system"
        if namespace == systemNamespace {
            reader.report("namespace", "must differ from systemNamespace: no run may live beside the operator")
        }

        var github = reader.reader("github")
        self.github = GitHub(
            apiURL: Self.url(&github, "apiURL") ?? "https://api.github.com",
            gitURL: Self.url(&github, "gitURL") ?? "https://github.com",
            appID: github.integer("appID", in: 1...Int64.max), privateKeyFile: github.string("privateKeyFile"),
            caFile: github.string("caFile"))
        reader.absorb(github.finish())

        var model = reader.reader("model")
        self.model = Model(
            baseURL: Self.url(&model, "baseURL"), keyFile: model.string("keyFile"), name: model.string("name"),
            reasoningEffort: Self.effort(&model))
        reader.absorb(model.finish())
        var runAPI = reader.reader("runAPI")
        self.runAPI = RunAPI(url: Self.url(&runAPI, "url", isInside: true))
        reader.absorb(runAPI.finish())
        var sessions = reader.reader("sessions")
        let most = sessions.integer("maximumBytes", in: 1...(1 << 30)).map(Int.init)
        self.sessions = Sessions(maximumBytes: most ?? Sessions.defaultMaximumBytes)
        reader.absorb(sessions.finish())
        var network = reader.reader("network")
        self.network = Network(
            projectNamespaces: network.strings("projectNamespaces") ?? [],
            allowedCIDRs: network.strings("allowedCIDRs") ?? [])
        for range in self.network.allowedCIDRs where !range.contains("/") {
            network.report("allowedCIDRs", "\"\(range)\" is no range such as 10.1.0.0/16")
        }
        reader.absorb(network.finish())

        repositories = []
        for var entry in reader.list("repositories") {
            let text = entry.required("name")
            let name = RepositoryName(text)
            if name == nil, !text.isEmpty { entry.report("name", "\"\(text)\" is not owner/name") }
            let repository = name.map { name in
                Repository(
                    name: name, id: entry.integer("id", in: 1...Int64.max), baseBranch: entry.string("baseBranch"),
                    allowWorkflowFiles: entry.flag("allowWorkflowFiles") ?? false,
                    allowUnprotected: entry.flag("allowUnprotected") ?? false, model: entry.string("model"),
                    reasoningEffort: Self.effort(&entry), locale: Self.locale(&entry))
            }
            if let repository, repositories.contains(where: { $0.name.matches(repository.name) }) {
                entry.report("name", "\(repository.name) is listed twice")
            } else if let repository {
                repositories.append(repository)
            }
            if repository != nil { reader.absorb(entry.finish()) } else { reader.absorb(entry.problems) }
        }
        if repositories.isEmpty { reader.report("repositories", "at least one repository is required") }

        var actors = reader.reader("actors")
        self.actors = Actors(
            owner: actors.string("owner"), logins: actors.strings("logins") ?? [],
            minimumPermission: actors.string("minimumPermission") ?? "write",
            botIDs: (actors.raw("botIDs")?.arrayValue ?? []).compactMap(\.integerValue))
        if !["none", "triage", "write", "maintain", "admin"].contains(self.actors.minimumPermission) {
            actors.report("minimumPermission", "expected none, triage, write, maintain or admin")
        }
        reader.absorb(actors.finish())

        var agents = Dictionary(uniqueKeysWithValues: AgentDefinition.defaults.map { ($0.key, $0) })
        for (key, var entry) in reader.entries("agents") {
            guard AgentDefinition.isKey(key) else {
                reader.report("agents", "\"\(key)\" is no agent key: 1 to 16 of a-z, 0-9 and -")
                continue
            }
            agents[key] = Self.agent(key, &entry, base: agents[key])
            reader.absorb(entry.finish())
        }
        self.agents = agents
        models = reader.strings("models") ?? []
        images = reader.strings("images") ?? []
        let policy = reader.string("conflictPolicy")
        conflictPolicy = policy.flatMap { ConflictPolicy(rawValue: $0) } ?? .reject
        if let policy, ConflictPolicy(rawValue: policy) == nil {
            reader.report("conflictPolicy", "expected Reject or Queue, found \"\(policy)\"")
        }
        leaseTTL = reader.duration("leaseTTL") ?? .seconds(24 * 3600)
        healingInterval = reader.duration("healingInterval") ?? .seconds(300)
        waitLimit = reader.duration("waitLimit") ?? .seconds(30 * 60)
        locale = Self.locale(&reader) ?? "en"
        var labels = reader.reader("labels")
        self.labels = Self.labels(&labels)
        reader.absorb(labels.finish())

        let problems = reader.finish()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private static func locale(_ reader: inout ConfigurationReader) -> String? {
        guard let locale = reader.string("locale") else { return nil }
        if !["en", "ru"].contains(locale) { reader.report("locale", "expected en or ru, found \"\(locale)\"") }
        return locale
    }

    private static func effort(_ reader: inout ConfigurationReader) -> String? {
        guard let effort = reader.string("reasoningEffort") else { return nil }
        if !reasoningEfforts.contains(effort) {
            reader.report("reasoningEffort", "expected low, medium, high or xhigh, found \"\(effort)\"")
        }
        return effort
    }

    /// - Parameter isInside: the address is one of the cluster's own, where a service may be reached without TLS.
    private static func url(_ reader: inout ConfigurationReader, _ key: String, isInside: Bool = false) -> String? {
        guard var text = reader.string(key) else { return nil }
        guard text.hasPrefix("https://") || text.hasPrefix("http://127.0.0.1") || text.hasPrefix("http://localhost")
            || isInside && text.hasPrefix("http://")
        else {
            reader.report(key, "expected an https address (http only to this machine), found \"\(text)\"")
            return nil
        }
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    private static func agent(
        _ key: String, _ entry: inout ConfigurationReader, base: AgentDefinition?
    ) -> AgentDefinition {
        let mode = entry.string("mode")
        if let mode, AgentMode(rawValue: mode) == nil {
            entry.report("mode", "expected FullEnv or CodeOnly, found \"\(mode)\"")
        }
        let command = entry.strings("command")
        if let command, command.isEmpty { entry.report("command", "must not be empty") }
        return AgentDefinition(
            key: key, role: entry.string("role") ?? base?.role ?? key,
            mode: mode.flatMap { AgentMode(rawValue: $0) } ?? base?.mode ?? .codeOnly,
            readOnly: entry.flag("readOnly") ?? base?.readOnly ?? false,
            parallelRuns: entry.integer("parallelRuns", in: 1...100).map(Int.init) ?? base?.parallelRuns ?? 1,
            image: entry.string("image") ?? base?.image ?? AgentDefinition.defaultImage,
            command: command ?? base?.command ?? AgentDefinition.defaultCommand,
            model: entry.string("model") ?? base?.model,
            reasoningEffort: effort(&entry) ?? base?.reasoningEffort,
            timeout: entry.duration("timeout") ?? base?.timeout ?? AgentDefinition.defaultTimeout)
    }

    private static func labels(_ reader: inout ConfigurationReader) -> LabelCatalogue {
        var catalogue = LabelCatalogue.default
        if let triggers = reader.raw("triggers") {
            guard let map = triggers.stringMap, map.count == triggers.objectValue?.count else {
                reader.report("triggers", "expected a mapping of label to KIND or KIND:revise")
                return catalogue
            }
            for (label, target) in map {
                catalogue.triggers[label] = target
                guard let trigger = catalogue.trigger(for: label),
                    target == trigger.kind.rawValue + (trigger.revise ? ":revise" : "")
                else {
                    reader.report("triggers", "\"\(target)\" of \"\(label)\" is no KIND or KIND:revise")
                    continue
                }
            }
        }
        if let label = reader.string("inReview") { catalogue.inReview = label }
        if let label = reader.string("superseded") { catalogue.superseded = label }
        if let label = reader.string("needInput") { catalogue.needInput = label }
        if let label = reader.string("discussion") { catalogue.discussion = label }
        for (key, part) in [
            ("modelPrefix", \LabelCatalogue.modelPrefix), ("modelSuffix", \.modelSuffix),
            ("reasoningPrefix", \.reasoningPrefix), ("reasoningSuffix", \.reasoningSuffix),
        ] as [(String, WritableKeyPath<LabelCatalogue, String>)] {
            if let text = reader.string(key) { catalogue[keyPath: part] = text }
        }
        if let words = reader.raw("reasoningEfforts") {
            guard let map = words.stringMap, map.count == words.objectValue?.count,
                map.values.allSatisfy({ reasoningEfforts.contains($0) })
            else {
                reader.report("reasoningEfforts", "expected a mapping of word to low, medium, high or xhigh")
                return catalogue
            }
            catalogue.reasoningEfforts = map
        }
        return catalogue
    }
}
