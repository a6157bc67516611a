// SPDX-License-Identifier: MIT
import AgentAPI
import RunPolicy
import Testing

@Suite struct SettingsResolutionTests {
    typealias Source = SettingsResolution.Source

    /// The order that is the contract, written down once more.
    static let order: [(source: Source, word: String)] = [
        (.spec, "spec"), (.issueLabel, "issue-label"), (.pullRequestLabel, "pull-request-label"),
        (.lastRun, "last-run"), (.agent, "agent"), (.repository, "repository"), (.systemDefault, "system-default"),
    ]

    @Test func theOrderIsTheContracts() {
        #expect(Source.allCases == Self.order.map(\.source))
        #expect(Source.allCases.map(\.rawValue) == Self.order.map(\.word))
    }

    /// Every subset of the sources, with the last run's value still allowed and not any more.
    @Test(arguments: [true, false]) func theFirstSourceThatMayBeUsedWins(isAllowed: Bool) {
        for subset in 0..<(1 << Self.order.count) {
            var sources: SettingsResolution.Sources = [:]
            var expected: AgentRunStatus.Resolved?
            for (index, entry) in Self.order.enumerated() where subset & (1 << index) != 0 {
                sources[entry.source] = "value of \(entry.word)"
                guard expected == nil, isAllowed || entry.source != .lastRun else { continue }
                expected = .init(value: "value of \(entry.word)", source: entry.word)
            }
            let resolved = SettingsResolution.resolve(sources) { isAllowed || $0 != "value of last-run" }
            #expect(resolved == expected, "subset \(subset)")
        }
    }

    /// What somebody asks for now is not silently replaced by something else.
    @Test func onlyTheLastRunsValueIsPassedOver() {
        for source in Source.allCases where source != .lastRun {
            let resolved = SettingsResolution.resolve([source: "a"]) { _ in false }
            #expect(resolved == .init(value: "a", source: source.rawValue))
        }
    }
}
