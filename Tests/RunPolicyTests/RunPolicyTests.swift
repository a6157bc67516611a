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
        (.selfImprove, "km", "prompts/dev/work.en.md", plain, true), (.selfImprove, "km", "prompts/dev", "160000", false),
        (.selfImprove, "km", "prompts/run.sh", "100755", false), (.selfImprove, "km", "Prompts/dev.txt", plain, false),
        (.selfImprove, "km", ".github/workflows/x.md", plain, false), (.selfImprove, "km", "prompts", plain, false),
        (.dev, "dev", ".github/workflows/notes.md", plain, false), (.dev, "dev", ".github/actions/x/action.yml", plain, false),
        (.dev, "dev", ".github/dependabot.yml", plain, true), (.dev, "dev", "link", "120000", true),
        (.qa, "qa", "report.md", plain, true), (.qa, "qa", "tests/x.swift", plain, false),
        (.rethink, "em", "docs/new.md", plain, true), (.rethink, "em", "prompts/dev/work.en.txt", plain, false),
        (.docAudit, "km", ".gitmodules", plain, false),
        // A combining mark makes the slash before it another character of a text, and none of a path.
        (.dev, "dev", ".github/workflows/\u{301}ci.yml", plain, false),
        (.dev, "dev", ".github/actions/\u{301}x/action.yml", plain, false),
        (.docAudit, "km", ".github/workflows/\u{301}x.md", plain, false),
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
