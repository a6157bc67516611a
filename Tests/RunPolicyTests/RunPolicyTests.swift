// SPDX-License-Identifier: MIT
import AgentAPI
import RunPolicy
import Testing

@Suite struct ActorPolicyTests {
    static let actors = OperatorConfiguration.Actors(
        owner: "Octo", logins: ["alice"], minimumPermission: "write", botIDs: [77])

    @Test(arguments: [
        ("octo", 1, false, nil, true), ("OCTO", 1, false, "none", true), ("Alice", 2, false, nil, true),
        ("bob", 3, false, "write", true), ("bob", 3, false, "admin", true), ("bob", 3, false, "triage", false),
        ("bob", 3, false, nil, false), ("bob", 3, false, "owner", false), ("deploy[bot]", 77, true, nil, true),
        ("deploy[bot]", 78, true, "admin", false), ("octo", 5, true, "admin", false), ("x[bot]", 3, false, "read", false),
    ] as [(String, Int64, Bool, String?, Bool)])
    func decides(login: String, id: Int64, isBot: Bool, permission: String?, allowed: Bool) {
        let verdict = ActorPolicy.decide(.init(id: id, login: login, isBot: isBot, permission: permission), Self.actors)
        if case .allowed = verdict { #expect(allowed) } else { #expect(!allowed) }
    }

    @Test func permissionRuleCanBeTurnedOff() {
        var actors = Self.actors
        actors.minimumPermission = "none"
        let verdict = ActorPolicy.decide(.init(id: 3, login: "bob", isBot: false, permission: "admin"), actors)
        #expect(verdict == .denied(rule: "only the owner and listed logins start runs"))
    }

    @Test func theRuleNeverNamesTheList() {
        for permission in ["none", "read", nil] {
            guard case .denied(let rule) = ActorPolicy.decide(
                .init(id: 9, login: "eve", isBot: false, permission: permission), Self.actors)
            else {
                Issue.record("eve was let in")
                return
            }
            #expect(!rule.contains("alice") && !rule.lowercased().contains("octo"))
        }
    }
}

@Suite struct WriteScopeTests {
    static let plain = "100644"

    @Test(arguments: [
        (TriggerKind.dev, "dev", "src/main.c", "100755", true), (.dev, "dev", ".github/workflows/ci.yml", plain, false),
        (.dev, "dev", ".GitHub/Workflows/ci.yml", plain, false), (.dev, "dev", "lib", "160000", false),
        (.dev, "reviewer", "README.md", plain, false), (.arch, "sa", "docs/a.md", plain, true),
        (.arch, "sa", "docs/a.txt", plain, false), (.arch, "sa", "link.md", "120000", false),
        (.arch, "sa", "run.md", "100755", false), (.selfImprove, "km", "prompts/dev.txt", plain, true),
        (.selfImprove, "km", "src/prompts/x.swift", plain, false), (.selfImprove, "km", "NOTES.MD", plain, true),
    ])
    func decides(kind: TriggerKind, agent: String, path: String, mode: String, allowed: Bool) {
        let scope = WriteScope.of(kind: kind, agent: agent, allowsWorkflows: false)
        for change in [
            WriteScope.Change(path: path, oldMode: nil, newMode: mode),
            WriteScope.Change(path: path, oldMode: mode, newMode: nil),
        ] {
            #expect(scope.violations(in: [change]).isEmpty == allowed)
        }
    }

    @Test func workflowsWhereTheRepositoryAllowsThem() {
        let scope = WriteScope.of(kind: .dev, agent: "dev", allowsWorkflows: true)
        #expect(scope.violations(in: [.init(path: ".github/workflows/ci.yml", oldMode: nil, newMode: "100644")]).isEmpty)
    }
}

@Suite struct SettingsResolutionTests {
    @Test func theFirstSourceWins() {
        var sources = SettingsResolution.Sources(
            spec: "a", issueLabel: "b", pullRequestLabel: "c", lastRun: "d", agent: "e")
        #expect(SettingsResolution.resolve(sources) == .init(value: "a", source: "spec"))
        sources.spec = nil
        #expect(SettingsResolution.resolve(sources) == .init(value: "b", source: "issue-label"))
        sources.issueLabel = nil
        #expect(SettingsResolution.resolve(sources) == .init(value: "c", source: "pull-request-label"))
        sources.pullRequestLabel = nil
        #expect(SettingsResolution.resolve(sources) == .init(value: "d", source: "last-run"))
        sources.lastRun = nil
        #expect(SettingsResolution.resolve(sources) == .init(value: "e", source: "agent"))
        sources.agent = nil
        #expect(SettingsResolution.resolve(sources) == nil)
    }
}
