// SPDX-License-Identifier: MIT
import AgentAPI
import DevForge
import JSONCoding
import YAMLCoding

/// The configuration file of the laptop mode: read by the same code as a cluster's.
enum DevConfiguration {
    /// What a configuration is made of.
    struct Input {
        var forgeURL: String
        var credentials: ForgeCredentials
        var agent: DevAgent
        /// Address and key file of the model's stand-in; nil where the agent asks no model.
        var model: (url: String, keyFile: String)?
        /// Where pods reach the run API; nil where there is none.
        var runAPIURL: String?
        /// What the user wants otherwise.
        var overlay: JSONValue = [:]
    }

    /// Models that labels may ask for; the stand-in of the model takes any.
    private static let models = ["stand-in-1", "stand-in-2"]

    static func text(_ input: Input) -> String {
        let credentials = input.credentials
        let forgeURL = input.forgeURL
        let command = JSONValue.array(input.agent.command.map { .string($0) })
        var agents: JSONObject = [:]
        for agent in AgentDefinition.defaults { agents[agent.key] = ["command": command] }
        var document: JSONValue = [
            "namespace": "codex-k8s",
            "systemNamespace": "codex-k8s-system",
            "github": [
                "apiURL": .string(forgeURL), "gitURL": .string(forgeURL), "appID": .integer(credentials.appID),
                "privateKeyFile": .string(credentials.privateKeyFile),
            ],
            "repositories": [
                ["name": .string(credentials.repository), "id": .integer(credentials.repositoryID)]
            ],
            "actors": ["owner": .string(credentials.ownerLogin), "minimumPermission": "write"],
            "agents": .object(agents),
            "models": .array(models.map { .string($0) }),
        ]
        if let url = input.runAPIURL { document["runAPI"] = ["url": .string(url)] }
        if let model = input.model {
            document["model"] = [
                "baseURL": .string(model.url), "keyFile": .string(model.keyFile), "name": .string(models[0]),
                "reasoningEffort": "medium",
            ]
        }
        return "# Written at each start of `codex-k8s dev`.\n" + YAMLWriter.text(MergePatch.apply(input.overlay, to: document))
    }
}
