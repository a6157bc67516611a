// SPDX-License-Identifier: MIT
import Cryptography
import DevForge
import HTTPTransport
import HTTPTypes
import JSONCoding
import Prompts
import ServiceRuntime
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PromptsRenderTests {
    private static let offline = ["render", "--config", "@config.yaml", "--run", "@run.yaml"]

    @Test func aRunIsShownWithAnIssueOfAFile() async throws {
        try await CommandFixture.with { fixture in
            let outcome = try await fixture.done(Self.offline + ["--issue", "@issue.yaml"])
            #expect(outcome.output.hasPrefix("# Policy\n") && outcome.output.hasSuffix("is added for you.\n"))
            for text in [
                "acme/shop", "(issue text, @ada)\nRound once.\nEND", "- Model: gpt-5", "- Base branch: `main`",
                "- Branch: `codex/issue-42`", "codex-issue-42-dev-", "Implement what issue #42 of acme/shop asks for",
            ] {
                #expect(outcome.output.contains(text), "\(text) is missing")
            }
            let hash = BuiltInTemplates.template(agent: "dev", kind: .work, locale: .en).hash
            #expect(outcome.errors.contains("template: source=built-in version=1 sha256=\(hash) locale=en\n"))
            #expect(outcome.errors.contains("prompt: sha256=\(SHA256.hexDigest(Array(outcome.output.utf8))) "))
            #expect(outcome.errors.contains("stored templates were not looked at"))
            // Twice is the same, byte for byte.
            #expect(try await fixture.done(Self.offline + ["--issue", "@issue.yaml"]).output == outcome.output)
        }
    }

    @Test func languagesAndKindsAreThoseOfTheRun() async throws {
        try await CommandFixture.with { fixture in
            let russian = try await fixture.done(Self.offline + ["--issue", "@issue.yaml", "--locale", "ru"])
            #expect(russian.output.hasPrefix("# Правила\n") && russian.errors.contains("locale=ru"))
            try fixture.write(
                "run.yaml",
                """
                kind: AgentRun
                metadata: {name: a}
                spec: {repository: acme/laden, issue: 42, trigger: {kind: dev, revise: true}, agent: {key: helper}}
                status:
                  branch: codex/issue-42
                  effective: {agent: helper, mode: CodeOnly, model: {value: gpt-4, source: last-run}}
                """)
            try fixture.write(
                "issue.json",
                """
                {"title": "A", "pullRequest": {"number": 9, "title": "B"}, "comments":
                 [{"author": "grace", "body": "Again.", "path": "src/a.swift", "line": 3}]}
                """)
            let configured = try await fixture.done(Self.offline + ["--issue", "@issue.json"])
            for text in [
                "# Правила\n", "helper of all", "gpt-4", "Доработайте pull request #9",
                "(comment of @grace, src/a.swift:3)\nAgain.\n",
            ] {
                #expect(configured.output.contains(text), "\(text) is missing")
            }
            try fixture.write(
                "issue.yaml", "{title: A, labels: [\"mode:discussion\"], comments: [{author: b, body: Why?}]}")
            try fixture.writeRun("run.yaml", "repository: acme/shop, trigger: {kind: prd}")
            let discussion = try await fixture.done(Self.offline + ["--issue", "@issue.yaml"])
            #expect(discussion.output.contains("This run is a discussion.") && discussion.output.contains("Why?"))
        }
    }

    /// The preview is the prompt that the run would get, whatever else the file knows.
    @Test func whatTheRunIsNotToldOfIsLeftOut() async throws {
        try await CommandFixture.with { fixture in
            try fixture.write(
                "issue.yaml", "{title: A, pullRequest: {number: 9, title: B}, comments: [{author: b, body: Why?}]}")
            try fixture.writeRun("run.yaml", "repository: acme/shop, trigger: {kind: dev}")
            let work = try await fixture.done(Self.offline + ["--issue", "@issue.yaml"])
            #expect(!work.output.contains("#9") && !work.output.contains("Why?"))
            #expect(work.errors.contains("the run revises none") && work.errors.contains("comments of"))
            try fixture.write("issue.yaml", "{title: A}")
            try fixture.writeRun("run.yaml", "repository: acme/shop, trigger: {kind: dev, revise: true}")
            let revision = try await fixture.done(Self.offline + ["--issue", "@issue.yaml"])
            #expect(revision.errors.contains("has no pullRequest"))
        }
    }

    @Test func withoutAnythingThePlaceholderSaysSo() async throws {
        try await CommandFixture.with { fixture in
            let outcome = try await fixture.done(Self.offline)
            #expect(outcome.output.contains("(The title of issue 42.)"))
            #expect(outcome.errors.contains("the issue's text is a placeholder"))
            // Without a configuration everything has its default.
            let bare = try await fixture.done(["render", "--run", "@run.yaml"])
            #expect(bare.output.contains("acme/shop") && bare.errors.contains("there is no --config"))
        }
    }

    @Test func aCheckoutShowsWhatARepositorySaysItself() async throws {
        try await CommandFixture.with { fixture in
            try fixture.write("shop/prompts/dev/work.en.md", "Do {{issue}} the way of the shop.\n")
            let arguments = Self.offline + ["--issue", "@issue.yaml", "--checkout", "@shop"]
            let outcome = try await fixture.done(arguments)
            #expect(outcome.output.contains("# Task\n\nDo #42 the way of the shop.\n\n# Output"))
            #expect(outcome.errors.contains("template: source=repository-seed version=checkout"))
            try fixture.write("shop/prompts/dev/work.en.md", "{{isue}}")
            let broken = try await fixture.done(arguments)
            #expect(
                broken.errors.contains("passed over: template dev/work.en (repository-seed, version checkout): line 1"))
            #expect(broken.errors.contains("template: source=built-in"))
        }
    }

    @Test func wrongUseEndsWithTwoAndSaysWhatIsWrong() async throws {
        try await CommandFixture.with { fixture in
            try fixture.write("job.yaml", "{kind: Job}")
            try fixture.writeRun("half.yaml", "repository: acme/shop")
            try fixture.writeRun("other.yaml", "repository: a/b, trigger: {kind: dev}")
            try fixture.writeRun("kind.yaml", "repository: acme/shop, trigger: {kind: deploy}")
            try fixture.writeRun("model.yaml", "repository: acme/shop, trigger: {kind: dev}, agent: {model: x}")
            try fixture.write("wrong.yaml", "{titel: A, labels: bug, comments: [{by: a}]}")
            let config = ["render", "--config", "@config.yaml", "--run"]
            let cases: [([String], [String])] = [
                ([], ["a command is missing", "render", "history"]), (["render"], ["--run FILE is required"]),
                (config + ["@none.yaml"], ["none.yaml"]), (config + ["@job.yaml"], ["expected an AgentRun", "Job"]),
                (config + ["@half.yaml"], ["trigger"]), (config + ["@other.yaml"], ["a/b", "acme/shop, acme/laden"]),
                (config + ["@kind.yaml"], ["deploy", "doc-audit"]),
                (config + ["@model.yaml"], ["would be rejected", "model x"]),
                (config + ["@run.yaml", "--locale", "de"], ["en, ru"]),
                (
                    config + ["@run.yaml", "--issue", "@wrong.yaml"],
                    ["titel: unknown key", "labels: expected a list", "comments[0].by: unknown key"]
                ),
            ]
            for (arguments, words) in cases {
                let outcome = try await fixture.prompts(arguments)
                #expect(outcome.code == 2, "\(arguments): \(outcome.errors)")
                for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors) lacks \(word)") }
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test func theCodeHostIsAskedWhereThereAreCredentials() async throws {
        try await CommandFixture.with { fixture in
            let key = try RSAPrivateKey.generate().pem()
            let keyFile = try fixture.write("app.private-key.pem", key)
            let forge = try await ForgeServer.open(
                ForgeConfiguration(directory: fixture.folder, webhookSecret: Secret("s")), logger: .disabled)
            let http = HTTPClient()
            defer { http.shutdown() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await forge.run() }
                let url = try await forge.waitUntilListening()
                let token = try #require(forge.credentials.tokens["acme"])
                func ask(_ method: HTTPMethod, _ path: String, _ body: JSONValue) async throws -> JSONValue {
                    var request = ClientRequest(method: method, url: "\(url)/repos/acme/shop\(path)")
                    request.headers["Authorization"] = "Bearer " + token.reveal()
                    request.body = body.encoded()
                    let answer = try await http.send(request)
                    try #require(answer.status.isSuccess, "\(String(decoding: answer.body, as: UTF8.self))")
                    return try JSONValue.parse(answer.body)
                }
                let issue = try await ask(.post, "/issues", ["title": "Hello from the forge", "body": "text"])
                let number = try #require(issue["number"]?.integerValue)
                let seed = Base64.encode(Array("Seed of {{repository}}.".utf8))
                let put = try await ask(
                    .put, "/contents/prompts/dev/work.en.md", ["message": "Add", "content": .string(seed)])
                let commit = try #require(put.at("commit", "sha")?.stringValue)
                try fixture.write(
                    "config.yaml",
                    """
                    github:
                      {apiURL: "\(url)", gitURL: "\(url)", appID: \(forge.credentials.appID), privateKeyFile: \(keyFile)}
                    repositories: [{name: acme/shop}]
                    """)
                for revise in [false, true] {
                    try fixture.write(
                        "run.yaml",
                        """
                        kind: AgentRun
                        metadata: {name: a}
                        spec: {repository: acme/shop, issue: \(number), trigger: {kind: dev, revise: \(revise)}}
                        """)
                    let outcome = try await fixture.prompts(Self.offline)
                    if revise {
                        #expect(outcome.code == 2 && outcome.errors.contains("no open pull request from codex/issue-"))
                    } else {
                        #expect(outcome.code == 0, "\(outcome.errors)")
                        #expect(outcome.output.contains("Hello from the forge"))
                        #expect(outcome.output.contains("# Task\n\nSeed of acme/shop.\n\n"))
                        #expect(outcome.errors.contains("source=repository-seed version=\(commit)"))
                    }
                }
                group.cancelAll()
            }
        }
    }
}
