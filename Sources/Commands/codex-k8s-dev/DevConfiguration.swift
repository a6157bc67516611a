// SPDX-License-Identifier: MIT
import DevForge
import JSONCoding
import YAMLCoding

/// The configuration file of the laptop mode: read by the same code as a cluster's.
enum DevConfiguration {
    static func text(forgeURL: String, credentials: ForgeCredentials, keyFile: String) -> String {
        let document: JSONValue = [
            "namespace": "codex-k8s",
            "systemNamespace": "codex-k8s-system",
            "github": [
                "apiURL": .string(forgeURL), "gitURL": .string(forgeURL), "appID": .integer(credentials.appID),
                "privateKeyFile": .string(keyFile),
            ],
            "repositories": [
                ["name": .string(credentials.repository), "id": .integer(credentials.repositoryID)]
            ],
            "actors": ["owner": .string(credentials.ownerLogin), "minimumPermission": "write"],
            // The stand-in agent asks no model; these names are what labels may ask for.
            "models": ["stand-in-1", "stand-in-2"],
        ]
        return "# Written at each start of `codex-k8s dev`.\n" + YAMLWriter.text(document)
    }
}
