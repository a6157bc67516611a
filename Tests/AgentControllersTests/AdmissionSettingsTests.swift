// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import RunPolicy
import SourceProvider
import Testing

@testable import AgentControllers

/// Model and reasoning effort, from labels, history and configuration to what is fixed at admission.
@Suite struct AdmissionSettingsTests {
    /// Every source of the chain says a value of its own, or nothing: by bits, the first source first.
    static func input(_ sources: Set<SettingsResolution.Source>, allowsLastRun: Bool) throws -> AdmissionInput {
        func model(_ source: SettingsResolution.Source) -> JSONValue { .string("m-\(source.rawValue)") }
        var document: JSONValue = ["actors": ["owner": "octo"]]
        var repository: JSONValue = ["name": "acme/shop", "id": 1]
        var listed: [JSONValue] = [model(.spec), model(.issueLabel), model(.pullRequestLabel)]
        if allowsLastRun { listed.append(model(.lastRun)) }
        document["models"] = .array(listed)
        if sources.contains(.agent) {
            document["agents"] = ["dev": ["model": model(.agent), "reasoningEffort": "low"]]
        }
        if sources.contains(.repository) {
            repository["model"] = model(.repository)
            repository["reasoningEffort"] = "medium"
        }
        if sources.contains(.systemDefault) {
            document["model"] = ["name": model(.systemDefault), "reasoningEffort": "high"]
        }
        document["repositories"] = [repository]
        let labels = ["[ai-model-m-issue-label]", "[ai-reasoning-extra-high]"]
        let pullRequestLabels = ["[ai-model-m-pull-request-label]", "[ai-reasoning-high]"]
        let run = AdmissionPlanTests.run(
            label: "run:dev:revise", revise: true,
            agent: sources.contains(.spec) ? .init(model: "m-spec", reasoningEffort: "low") : nil)
        // Of another branch, and older: neither is the last run of this branch.
        let distractions = [
            AdmissionPlanTests.record("other", branch: "codex/issue-42-arch", model: "m-1", effort: "low"),
            AdmissionPlanTests.record("none", branch: nil, model: "m-1", effort: "low"),
        ]
        let older = AdmissionPlanTests.record("older", model: "m-2", effort: "low")
        let last = AdmissionPlanTests.record(
            model: sources.contains(.lastRun) ? "m-last-run" : nil, effort: sources.contains(.lastRun) ? "medium" : nil)
        return try AdmissionPlanTests.input(
            run: run, configuration: OperatorConfiguration(document),
            labels: sources.contains(.issueLabel) ? labels : [], events: [AdmissionPlanTests.event(10, "run:dev:revise")],
            open: AdmissionPlanTests.pullRequest(labels: sources.contains(.pullRequestLabel) ? pullRequestLabels : []),
            history: distractions + [last, older])
    }

    static let efforts: [SettingsResolution.Source: String] = [
        .spec: "low", .issueLabel: "xhigh", .pullRequestLabel: "high", .lastRun: "medium", .agent: "low",
        .repository: "medium", .systemDefault: "high",
    ]

    /// All 128 combinations of sources, with the last run's model on the lists and not any more.
    @Test(arguments: [true, false]) func everyCombinationOfSources(allowsLastRun: Bool) throws {
        let all = SettingsResolution.Source.allCases
        for subset in 0..<(1 << all.count) {
            let sources = Set(all.enumerated().filter { subset & (1 << $0.offset) != 0 }.map(\.element))
            let decision = AdmissionPlan.decide(try Self.input(sources, allowsLastRun: allowsLastRun))
            guard case .admit(let admitted) = decision else {
                Issue.record("\(sources): \(decision)")
                continue
            }
            let first = all.first { sources.contains($0) && (allowsLastRun || $0 != .lastRun) }
            #expect(
                admitted.model == first.map { .init(value: "m-\($0.rawValue)", source: $0.rawValue) }, "\(sources)")
            let firstEffort = all.first { sources.contains($0) }
            #expect(
                admitted.reasoningEffort
                    == firstEffort.map { .init(value: Self.efforts[$0] ?? "", source: $0.rawValue) }, "\(sources)")
        }
    }

    /// Labels are read anew for every run; only a revision carries on what the last run used.
    @Test func aRunThatBeginsAnewDoesNotInherit() throws {
        let input = try AdmissionPlanTests.input(history: [AdmissionPlanTests.record(model: "m-1", effort: "low")])
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.model == nil && admitted.reasoningEffort == nil)
    }

    /// What is not on the lists is refused when somebody asks for it now, with the source and the list.
    @Test(arguments: [
        (AgentRunSpec.AgentSelection(model: "evil"), [], []), (nil, ["[ai-model-evil]"], []),
        (nil, [], ["[ai-model-evil]"]),
    ] as [(AgentRunSpec.AgentSelection?, [String], [String])])
    func aModelThatMayNotBeUsedIsRefused(
        spec: AgentRunSpec.AgentSelection?, labels: [String], pullRequestLabels: [String]
    ) throws {
        let input = try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: "run:dev:revise", revise: true, agent: spec), labels: labels,
            events: [AdmissionPlanTests.event(10, "run:dev:revise")],
            open: AdmissionPlanTests.pullRequest(labels: pullRequestLabels))
        guard case .reject(let rejection) = AdmissionPlan.decide(input) else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.reason == .notAllowed)
        for word in ["evil", "m-1", "m-2"] { #expect(rejection.message.contains(word)) }
    }

    @Test func whatTheConfigurationNamesMayBeUsed() throws {
        let configuration = try OperatorConfiguration([
            "repositories": [["name": "acme/shop", "model": "of-repository"], ["name": "acme/other", "model": "of-other"]],
            "agents": ["qa": ["model": "of-agent"]], "model": ["name": "of-system"], "models": ["listed"],
        ])
        #expect(configuration.allowedModels == ["of-repository", "of-other", "of-agent", "of-system", "listed"])
        for model in configuration.allowedModels {
            let input = try AdmissionPlanTests.input(configuration: configuration, labels: ["[ai-model-\(model)]"])
            guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
                Issue.record("\(model) was refused")
                continue
            }
            #expect(admitted.model == .init(value: model, source: "issue-label"))
        }
    }

    @Test func labelsThatContradictEachOtherOnThePullRequestAreNamed() throws {
        let labels = ["[ai-reasoning-low]", "[ai-reasoning-high]"]
        let input = try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: "run:dev:revise", revise: true),
            events: [AdmissionPlanTests.event(10, "run:dev:revise")], open: AdmissionPlanTests.pullRequest(labels: labels))
        guard case .reject(let rejection) = AdmissionPlan.decide(input) else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.reason == .conflictingLabels)
        for label in labels { #expect(rejection.message.contains(label)) }
    }

    /// Every part of the catalogue can be named otherwise.
    @Test func labelsAreTheConfiguredOnes() throws {
        let configuration = try OperatorConfiguration([
            "repositories": [["name": "acme/shop"]], "actors": ["owner": "octo"], "models": ["m-1"],
            "labels": [
                "modelPrefix": "model=", "modelSuffix": ";", "reasoningPrefix": "think:", "reasoningSuffix": "!",
                "reasoningEfforts": ["hard": "xhigh"], "discussion": "just talk",
            ],
        ])
        let input = try AdmissionPlanTests.input(
            configuration: configuration, labels: ["model=m-1;", "think:hard!", "think:low!", "just talk", "[ai-model-m-2]"])
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.model?.value == "m-1" && admitted.reasoningEffort?.value == "xhigh" && admitted.discussion)
        let mistakes: [JSONValue] = [
            ["modelPrefix": ""], ["reasoningEfforts": ["hard": "most"]], ["reasoningEfforts": "hard"],
        ]
        for labels in mistakes {
            #expect(throws: ConfigurationError.self) {
                try OperatorConfiguration(["repositories": [["name": "acme/shop"]], "labels": labels])
            }
        }
    }

    @Test(arguments: [([], false), (["mode:discussion"], true), (["Mode:Discussion"], true)])
    func modeDiscussionIsReadFromTheIssue(labels: [String], discussion: Bool) throws {
        guard case .admit(let admitted) = AdmissionPlan.decide(try AdmissionPlanTests.input(labels: labels)) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.discussion == discussion)
    }
}
