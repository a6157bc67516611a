// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SourceProvider
import Synchronization
import Testing

@testable import AgentControllers

@Suite struct RunIndexTests {
    static func run(
        _ name: String = "r", repository: String = "Acme/Shop", kind: String = "dev", asked: String? = nil, has: String? = nil
    ) -> AgentRun {
        var run = AgentRun(
            metadata: ObjectMeta(name: name, namespace: "n", uid: name),
            spec: AgentRunSpec(
                repository: repository, issue: 7, trigger: .init(kind: kind), agent: asked.map { .init(key: $0) }))
        if let has {
            var effective = AgentRunStatus.EffectiveSettings()
            effective.agent = has
            run.status = AgentRunStatus()
            run.status?.effective = effective
        }
        return run
    }

    @Test func `runs of one issue are found whatever the case of the repository`() {
        #expect(RunIndex.issue(Self.run()) == RunIndex.issue(Self.run(repository: "acme/shop")))
        #expect(RunIndex.issue(Self.run()) == "acme/shop#7")
    }

    @Test(arguments: [
        (run(), "acme/shop|dev"), (run(asked: "qa"), "acme/shop|qa"), (run(asked: "qa", has: "km"), "acme/shop|km"),
        (run(kind: "nothing"), nil),
    ] as [(AgentRun, String?)])
    func `a run counts for the agent that it has, asked for, or gets by its kind`(run: AgentRun, index: String?) {
        #expect(RunIndex.agent(run) == index)
    }
}

@Suite struct BranchStandTests {
    @Test(arguments: [(nil, false), ("b", false), ("h", true)] as [(String?, Bool)])
    func `only a branch with something of its own is compared`(head: String?, needs: Bool) {
        #expect(BranchStand(base: "b", head: head).needsComparison == needs)
    }
}

@Suite struct LatestVersionsTests {
    @Test func `what was written is kept until the cache has it`() {
        let versions = LatestVersions<AgentRun>()
        var old = RunIndexTests.run("a")
        old.metadata.resourceVersion = "5"
        var new = old
        new.metadata.resourceVersion = "7"
        versions.note(new)
        #expect(versions.all.map(\.metadata.resourceVersion) == ["7"])
        #expect(versions.newest(old, key: old.metadata.key)?.metadata.resourceVersion == "7")
        #expect(versions.newest(new, key: new.metadata.key)?.metadata.resourceVersion == "7")
        #expect(versions.all.isEmpty)
    }
}

@Suite struct BoundedTextTests {
    @Test(arguments: [
        ("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a\nb", 3, "a\nb"),
        // One visible character of two code points.
        ("e\u{301}e\u{301}", 3, "e\u{301}…"),
    ])
    func `texts are cut by code points, as schemas count them`(text: String, length: Int, cut: String) {
        #expect(text.bounded(to: length) == cut)
        #expect(text.bounded(to: length).unicodeScalars.count <= length)
    }
}
