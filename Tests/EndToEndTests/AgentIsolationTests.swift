// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

/// What an agent can get at, tried by an agent: its environment, every file that its user can open, and `/proc`.
///
/// Needs root, which alone can give the two containers different users on one machine, and programs that those users can get
/// at; where there is a closed folder on the way, the laptop mode says so and runs all as root.
@Suite(.serialized) struct AgentIsolationTests {
    /// Copies all that it can read to one file; the laptop mode's files lie below the folder given.
    private static func snoop(state: String, loot: String) -> String {
        """
        #!/bin/sh
        # Everything is read before anything is written, so that it does not find its own copy.
        take() { [ -r "$1" ] && printf '\\n== %s\\n' "$1" && head -c 4000000 "$1" 2>/dev/null; }
        {
            echo "== user"; id
            echo "== environment"; env
            find "\(state)" /tmp /var/tmp /run /dev/shm /home /root -xdev -type f -readable -newer "\(state)/marker" \
                -size -4000k ! -path "\(loot)" 2>/dev/null | while read -r file; do take "$file"; done
            for process in /proc/[0-9]*; do
                for part in environ cmdline; do take "$process/$part"; done
                ls -l "$process/fd" "$process/cwd" "$process/root" 2>/dev/null
            done
        } > "\(loot)"
        echo changed > isolation.txt
        """
    }

    private static var canSeparateUsers: Bool {
        ProcessIdentity.userID == 0 && (try? Laptop.programs).map { Files.barrier(to: $0) == nil } == true
    }

    @Test(.enabled(if: canSeparateUsers), .timeLimit(.minutes(3)))
    func theAgentFindsNoCredential() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        // Written by the agent's user, read by the test.
        let loot = "\(state)/loot/taken"
        try Files.createDirectory("\(state)/loot")
        try Files.setMode("\(state)/loot", 0o777)
        let agent = "\(state)/snoop"
        try Files.writeAtomically("\(state)/marker", [], durable: false)
        try Files.writeAtomically(agent, Array(Self.snoop(state: state, loot: loot).utf8), mode: 0o755, durable: false)
        try await Laptop.run(state: state, arguments: ["--agent", agent]) { laptop in
            let issue = try await laptop.openIssue("look around")
            try await laptop.label("run:dev", issue: issue)
            let run = try await laptop.endedRun(issue: issue)
            #expect(run.phase == .succeeded, "\(run.status?.conditions ?? [])")
            let taken = try Files.readText(loot, limit: 256 << 20)
            // Asked outside of the macro, which would print everything that was taken.
            let isOther = taken.contains("uid=10002")
            #expect(isOther, "the agent's user: \(taken.prefix(100))")
            let sawItself = taken.contains("CODEXK8S_RUN_NAME=\(run.metadata.name)")
            #expect(sawItself)
            for secret in try await Self.secrets(laptop, run) {
                #expect(secret.value.utf8.count >= 16, "\(secret.name) is too short to be looked for")
                let isTaken = taken.contains(secret.value)
                #expect(!isTaken, "the agent can read \(secret.name)")
            }
        }
    }

    /// Every credential that lies about on the machine, by name.
    private static func secrets(_ laptop: Laptop, _ run: AgentRun) async throws -> [(name: String, value: String)] {
        let state = laptop.state
        var found: [(name: String, value: String)] = []
        for name in ["CODEXK8S_FORGE_TOKEN", "CODEXK8S_WEBHOOK_SECRET"] {
            found.append((name, try #require(laptop.environment[name])))
        }
        for file in ["controller.kubeconfig", "edge.kubeconfig"] {
            let kubeconfig = try JSONValue.parse(try Files.readBytes("\(state)/\(file)"))
            let token = kubeconfig["users"]?.arrayValue?.first?.at("user", "token")?.stringValue
            found.append((file, try #require(token)))
        }
        let namespace = try #require(run.status?.namespace)
        let list = try await laptop.api.request(.get, "/api/v1/namespaces/\(namespace)/secrets")
        let data = (list["items"]?.arrayValue ?? []).compactMap { $0["data"]?.stringMap }.flatMap { $0 }
        #expect(data.contains { $0.key == "token" }, "the run has no token to look for")
        for (key, value) in data { 
            let bytes = try #require(Base64.decode(value))
            found.append(("the Secret's \(key)", String(decoding: bytes, as: UTF8.self)))
        }
        // The broker's token for the run API, as its volume has it; the agent may have its own, for its environment.
        let pods = "\(state)/kubelet/pods"
        for pod in try Files.list(pods) {
            let file = "\(pods)/\(pod)/volumes/run-api-token/token"
            if Files.exists(file) { found.append((file, try Files.readText(file))) }
        }
        for name in ["model-key", "run-api-token"] { #expect(found.contains { $0.name.contains(name) }, "\(name)") }
        return found
    }
}
