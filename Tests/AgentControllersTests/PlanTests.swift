// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import SourceProvider
import Testing

@testable import AgentControllers

@Suite struct PlacePlanTests {
    static let now = Timestamp(microseconds: 1_000_000_000_000)

    static func place(
        holders: [String] = [], phase: IssueNamespace.Phase? = .active, made: Bool = true, expiresAt: Timestamp? = nil,
        deleted: Bool = false, ttl: Int? = 60, generation: Int = 3
    ) -> IssueNamespace {
        var metadata = ObjectMeta(name: "p", uid: "u")
        metadata.generation = generation
        if deleted { metadata.deletionTimestamp = now }
        var status = IssueNamespaceStatus()
        status.phase = phase
        if made { status.namespaces = .init(run: "p", environment: nil) }
        status.expiresAt = expiresAt
        status.observedGeneration = 3
        return IssueNamespace(
            metadata: metadata,
            spec: .init(repository: "a/b", repositoryID: 1, issue: 2, agent: "dev", mode: .codeOnly, ttlSeconds: ttl, holders: holders),
            status: status)
    }

    @Test(arguments: [
        (place(phase: nil, made: false), PlacePlan.prepare), (place(holders: ["a"]), .keep),
        (place(holders: ["a"], expiresAt: now), .extend), (place(), .scheduleExpiry(now.adding(.seconds(60)))),
        (place(ttl: nil), .scheduleExpiry(now.adding(.seconds(3600)))),
        (place(expiresAt: now.adding(.seconds(5))), .wait(.seconds(5))), (place(expiresAt: now), .expire),
        (place(expiresAt: now.adding(.seconds(500)), generation: 4), .scheduleExpiry(now.adding(.seconds(60)))),
        (place(holders: ["a"], expiresAt: now, deleted: true), .tearDown),
    ])
    func decides(place: IssueNamespace, plan: PlacePlan) {
        #expect(PlacePlan.decide(place, defaultTTL: .seconds(3600), now: Self.now) == plan)
    }
}
