// SPDX-License-Identifier: MIT
import AgentAPI
import DevForge
@testable import GitHubProvider
import HTTPTypes
import JSONCoding
import SourceProvider
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    @Test func budgetCountsWritesByMinuteAndHour() {
        var limits = RequestBudget.Limits()
        limits.writesAMinute = 3
        limits.writesAnHour = 5
        var budget = RequestBudget(limits: limits)
        func at(_ seconds: Int) -> Timestamp { Self.start.adding(.seconds(seconds)) }
        for second in 0..<3 { #expect(budget.admit(isWrite: true, at: at(second)) == nil) }
        #expect(budget.admit(isWrite: true, at: at(3)) == at(60))
        #expect(budget.admit(isWrite: false, at: at(3)) == nil, "reading is not counted")
        #expect(budget.admit(isWrite: true, at: at(60)) == nil)
        #expect(budget.admit(isWrite: true, at: at(61)) == nil)
        #expect(budget.admit(isWrite: true, at: at(200)) == at(3600), "five in the hour")
        #expect(budget.admit(isWrite: true, at: at(3600)) == nil)
    }

    @Test func aBlockHoldsForEverythingAndOnlyGrows() {
        var budget = RequestBudget()
        budget.block(until: Self.start.adding(.seconds(30)))
        budget.block(until: Self.start.adding(.seconds(10)))
        #expect(budget.admit(isWrite: false, at: Self.start) == Self.start.adding(.seconds(30)))
        #expect(budget.admit(isWrite: false, at: Self.start.adding(.seconds(30))) == nil)
    }

    @Test(
        arguments: [
            (403, ["Retry-After": "7"], "x", 7), (429, ["Retry-After": "0"], "x", 1), (429, [:], "x", 60),
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000100"], "x", 100),
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"], "x", 1),
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9223372036854775807"], "x", 3600),
            (403, [:], "You have exceeded a secondary rate limit.", 60), (403, [:], "Resource not accessible", nil),
            // 1,800,000,000 is 2027-01-15 08:00:00.
            (403, ["Retry-After": "Fri, 15 Jan 2027 08:01:30 GMT"], "x", 90),
            (429, ["Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT"], "x", 1),
            (403, ["Retry-After": "Sat, 16 Jan 2027 08:00:00 GMT"], "x", 3600),
            (403, ["Retry-After": "soon"], "x", nil), (403, ["Retry-After": "9223372036854775807"], "x", 3600),
            (403, ["X-RateLimit-Remaining": "10"], "no", nil), (404, ["Retry-After": "7"], "x", nil),
        ] as [(Int, [String: String], String, Int?)])
    func waits(status: Int, headers: [String: String], message: String, seconds: Int?) {
        let until = RateLimit.wait(
            status: status, headers: HTTPHeaders(headers.map { ($0.key, $0.value) }), message: message, now: Self.start)
        #expect(until == seconds.map { Self.start.adding(.seconds($0)) })
    }

    @Test func theHostsWaitIsObeyedWithoutAsking() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            try await fixture.fault(["status": 403, "message": "secondary rate limit", "retryAfter": 30])
            let first = await #expect(throws: ProviderError.self) {
                try await fixture.provider.issue(number, in: fixture.repository)
            }
            guard case .rateLimited(let until) = first?.code else { throw try #require(first) }
            let seen = try await fixture.requests("GET /repos/{owner}/{repo}/issues/{number}")
            let second = await #expect(throws: ProviderError.self) {
                try await fixture.provider.addLabels(["x"], issue: number, in: fixture.repository)
            }
            #expect(second?.code == .rateLimited(until: until))
            #expect(try await fixture.requests("GET /repos/{owner}/{repo}/issues/{number}") == seen)
            #expect(try await fixture.requests("POST /repos/{owner}/{repo}/issues/{number}/labels") == 0)
            fixture.clock.advance(.seconds(31))
            try await fixture.provider.addLabels(["x"], issue: number, in: fixture.repository)
        }
    }

    @Test func theBudgetIsTheInstallations() async throws {
        try await ProviderFixture.with(adjust: { $0.budget.writesAMinute = 2 }) { fixture in
            let one = try await fixture.issue()
            let two = try await fixture.issue()
            try await fixture.provider.react("eyes", issue: one, in: fixture.repository)
            try await fixture.provider.react("eyes", issue: two, in: fixture.repository)
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.react("heart", issue: two, in: fixture.repository)
            }
            guard case .rateLimited = error?.code else { throw try #require(error) }
            _ = try await fixture.provider.issue(one, in: fixture.repository)
        }
    }
}
