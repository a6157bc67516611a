// SPDX-License-Identifier: MIT
import AgentAPI
import RunPolicy
import Testing

@Suite struct StageResolutionTests {
    typealias Level = StageResolution.Level

    /// The order that is the contract, written down once more.
    @Test func theOrderIsTheContracts() {
        #expect(Level.allCases.map(\.rawValue) == ["pull-request-label", "issue-label", "last-run", "audit"])
    }

    /// Each level says nothing, one thing, the same thing twice, or two things: all 256 combinations.
    @Test func theFirstLevelThatSaysSomethingDecides() {
        // By level, so that the answer shows which level gave it.
        let kinds: [(TriggerKind, TriggerKind)] = [(.dev, .arch), (.plan, .design), (.prd, .vision), (.intake, .dev)]
        for combination in 0..<256 {
            var candidates: StageResolution.Candidates = [:]
            var expected: StageResolution.Outcome?
            for (index, level) in Level.allCases.enumerated() {
                let (one, other) = kinds[index]
                switch (combination >> (2 * index)) & 3 {
                case 0: if combination.isMultiple(of: 2) { candidates[level] = [] }
                case 1:
                    candidates[level] = [one]
                    expected = expected ?? .resolved(one, level)
                case 2:
                    candidates[level] = [one, one]
                    expected = expected ?? .resolved(one, level)
                default:
                    candidates[level] = [one, other]
                    let inOrder = TriggerKind.allCases.filter { $0 == one || $0 == other }
                    expected = expected ?? .ambiguous(inOrder, level)
                }
            }
            #expect(StageResolution.resolve(candidates) == expected ?? .unknown, "combination \(combination)")
        }
    }
}
