// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

/// The real codex, whose model asks to wait for longer than a pod is kept for.
@Suite(.serialized) struct LongWaitTests {
    @Test(.timeLimit(.minutes(4)))
    func aRunThatWaitsForLongEndsItsPodAndGoesOnInItsSession() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        let overlay = "\(state)/overlay.yaml"
        try Files.writeAtomically(overlay, Array("waitLimit: 1s\n".utf8), durable: false)
        try await Laptop.run(state: state, arguments: ["--agent", "codex", "--overlay", overlay]) { laptop in
            let issue = try await laptop.openIssue(
                "create first.txt with First\ncreate second.txt with Second\nmodel: status 429 times 1 retry-after 90")
            try await laptop.label("run:dev", issue: issue)
            let ended = try await laptop.endedRun(issue: issue)
            #expect(ended.phase == .succeeded, "\(ended.status?.conditions ?? [])")
            let attempt = try #require(ended.status?.currentAttempt)
            // It is one attempt in several pods, whose waits its clock did not count.
            #expect(ended.status?.attempt == 1)
            #expect(attempt.resumptions ?? 0 >= 1)
            #expect(attempt.pausedSeconds ?? 0 >= 20)
            #expect(ended.status?.job?.hasSuffix("-r\(attempt.resumptions ?? 0)") == true, "\(ended.status?.job ?? "")")
            #expect(ended.status?.session?.resumed == true, "\(ended.status?.session?.message ?? "")")
            #expect(ended.status?.wait == nil)
            let number = try #require(ended.status?.pullRequest?.number)
            let files = try await laptop.forge(.get, "/pulls/\(number)/files").arrayValue ?? []
            #expect(files.compactMap { $0["filename"]?.stringValue }.sorted() == ["first.txt", "second.txt"])
            let pull = try await laptop.forge(.get, "/pulls/\(number)")
            #expect(pull["commits"]?.integerValue == 1)
        }
    }
}
