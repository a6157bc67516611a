// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import Synchronization

/// The database of a walk: what ``MemoryRecord`` keeps, with reports and usage beside it, and away at times.
final class WalkRecord: AuditSink, RunHistory, RunProgressStore, UsageStore {
    let kept = MemoryRecord()
    private let weather: WalkWeather
    private let progress = Mutex<[String: RunProgress]>([:])
    private let used = Mutex<[TokenUsage]>([])

    init(weather: WalkWeather) { self.weather = weather }

    var usage: [TokenUsage] { used.withLock { $0 } }

    func say(_ report: RunProgress, runUID: String, attempt: Int) {
        progress.withLock { $0["\(runUID)|\(attempt)"] = report }
    }

    func record(_ events: [AuditEvent]) throws(AuditError) {
        let news = kept.state.withLock { state in events.filter { !state.known.contains($0.id) }.map(\.type.rawValue) }
        try weather.database(news.isEmpty ? nil : "record \(news)")
        kept.record(events)
    }

    func record(_ usage: TokenUsage) throws(AuditError) {
        let isNews = used.withLock { used in !used.contains { $0.id == usage.id } }
        try weather.database(isNews ? "usage" : nil)
        if isNews { used.withLock { $0.append(usage) } }
    }

    func report(_ report: ProgressReport, runUID: String, attempt: Int) {}
    func show(line: String, runUID: String, attempt: Int) {}

    func progress(runUID: String, attempt: Int) throws(AuditError) -> RunProgress? {
        try weather.database(nil)
        return progress.withLock { $0["\(runUID)|\(attempt)"] }
    }

    func claim(_ record: RunRecord, recording facts: [AuditEvent]) throws(AuditError) -> LabelEventClaim {
        try weather.database("claim")
        return kept.claim(record, recording: facts)
    }

    func save(_ record: RunRecord) throws(AuditError) {
        try weather.database("save")
        kept.save(record)
    }

    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) throws(AuditError) -> Set<Int64> {
        try weather.database(nil)
        return kept.knownLabelEvents(ids, repositoryID: repositoryID)
    }

    func runs(repositoryID: Int64, issue: Int, limit: Int) throws(AuditError) -> [RunRecord] {
        try weather.database(nil)
        return kept.runs(repositoryID: repositoryID, issue: issue, limit: limit)
    }

    func lastStage(repositoryID: Int64, issue: Int) throws(AuditError) -> String? {
        try weather.database(nil)
        return kept.lastStage(repositoryID: repositoryID, issue: issue)
    }

    func runs(answering reviews: [Int64], repositoryID: Int64, issue: Int) throws(AuditError) -> [Int64: String] {
        try weather.database(nil)
        return kept.runs(answering: reviews, repositoryID: repositoryID, issue: issue)
    }

    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) throws(AuditError) {
        try record(facts)
    }

    func claimOnce(_ key: String, runUID: String) throws(AuditError) -> Bool {
        try weather.database("once")
        return kept.claimOnce(key, runUID: runUID)
    }
}
