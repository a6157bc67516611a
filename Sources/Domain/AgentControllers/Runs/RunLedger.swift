// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding

/// What pods say of themselves, brought into the status: pure. A pod is not to be trusted, so every value is held to
/// the bounds of the definition, which would else refuse the whole status.
///
/// Usage adds up over pods: `attempts[].usage` is what the ended pods of each attempt used, `usage` is that of all of
/// them and what the pod that runs reported last.
enum RunLedger {
    /// How far the heartbeat in the status may lag behind where nothing else is to be written.
    static let heartbeatLag = Duration.seconds(60)

    // MARK: While a pod runs

    /// Takes a report into the status, unless the status has it already.
    ///
    /// - Returns: whether it was news.
    @discardableResult
    static func take(_ progress: RunProgress, into status: inout AgentRunStatus) -> Bool {
        let heartbeat = progress.heartbeatAt.wholeSeconds
        if let known = status.progress?.heartbeatTime, heartbeat <= known { return false }
        let report = progress.report
        let line = report.line.map { bounded($0, to: ProgressReport.longestLine) }
        status.progress = .init(line: line ?? status.progress?.line, heartbeatTime: heartbeat)
        note(session: report.sessionID, resumed: report.sessionResumed, in: &status)
        if let usage = report.usage.map({ bounded($0) }) {
            closeUsage(ofPodBefore: usage, in: &status)
            status.usage = closed(status) + usage
        }
        return true
    }

    /// Whether a status is worth a write: something to see has changed, or the last sign of life is old.
    static func isWorthWriting(_ before: AgentRunStatus?, _ after: AgentRunStatus) -> Bool {
        var quiet = after
        quiet.progress?.heartbeatTime = before?.progress?.heartbeatTime
        if quiet != before { return true }
        guard let new = after.progress?.heartbeatTime, let old = before?.progress?.heartbeatTime else { return false }
        return new.since(old) >= heartbeatLag
    }

    /// What a report says is waited for.
    static func awaiting(_ progress: RunProgress?) -> Awaiting {
        guard let progress else { return .unknown }
        guard let waiting = progress.report.waiting, let state = WaitState(rawValue: waiting.state) else {
            return .nothing
        }
        let month: Int64 = 31 * 24 * 3600
        let said = progress.heartbeatAt
        let until = waiting.until.map { seconds in
            // Bounded before it is multiplied: the number is the pod's.
            Timestamp(microseconds: min(max(seconds, 0), said.microseconds / 1_000_000 + month) * 1_000_000)
        }
        return .something(Awaited(state: state, reason: bounded(waiting.reason, to: 500), until: until))
    }

    // MARK: At a pod's end

    /// Closes the account of a pod that has ended: its session, and its usage as the message has it, else as it was
    /// reported last. To be done once a pod, in the write that says that the pod has ended; where the attempt has ended
    /// already it is done.
    ///
    /// - Returns: what the pod used.
    @discardableResult
    static func close(
        _ status: inout AgentRunStatus, message: RunResultMessage?, progress: RunProgress?
    ) -> AgentRunStatus.UsageStatus? {
        guard status.currentAttempt?.completionTime == nil else { return nil }
        if let progress { take(progress, into: &status) }
        note(session: message?.sessionID, resumed: message?.sessionResumed, in: &status)
        if let message, var session = status.session {
            if let bytes = message.sessionBytes { session.savedBytes = max(0, bytes) }
            let problems = [
                message.resumeProblem.map { "not resumed: \($0)" }, message.sessionProblem.map { "not saved: \($0)" },
            ].compactMap { $0 }
            session.message = problems.isEmpty ? nil : bounded(problems.joined(separator: "; "), to: 1000)
            status.session = session
        }
        if let usage = message?.usage.map({ bounded($0) }) { closeUsage(ofPodBefore: usage, in: &status) }
        let used = message?.usage.map { bounded($0) } ?? open(status)
        if let used, var attempt = status.currentAttempt {
            attempt.usage = (attempt.usage ?? .init()) + used
            status.currentAttempt = attempt
            status.usage = closed(status)
        }
        return used
    }

    /// A pod's totals only grow. Where they shrink, a Job has replaced a pod that its node lost, and what that one had
    /// reported last is what it used.
    private static func closeUsage(
        ofPodBefore usage: AgentRunStatus.UsageStatus, in status: inout AgentRunStatus
    ) {
        guard let lost = open(status), lost.inputTokens > usage.inputTokens || lost.outputTokens > usage.outputTokens,
            var attempt = status.currentAttempt
        else { return }
        attempt.usage = (attempt.usage ?? .init()) + lost
        status.currentAttempt = attempt
    }

    /// What a pod used that its node lost, where a change of the status closed its account.
    ///
    /// - Parameter used: what the change closed besides, of the pod that ended.
    static func lost(
        _ before: AgentRunStatus?, _ after: AgentRunStatus, without used: AgentRunStatus.UsageStatus? = nil
    ) -> (tokens: AgentRunStatus.UsageStatus, pod: String)? {
        guard let attempt = after.currentAttempt?.usage else { return nil }
        let known = before?.currentAttempt?.usage ?? .init()
        let tokens = attempt - (known + (used ?? .init()))
        // Named by what was closed before it: that only grows.
        return tokens == .init() ? nil : (tokens, "lost-\(known.inputTokens)-\(known.outputTokens)")
    }

    /// What the pods used that have ended.
    private static func closed(_ status: AgentRunStatus) -> AgentRunStatus.UsageStatus {
        (status.attempts ?? []).compactMap(\.usage).reduce(.init(), +)
    }

    /// What the pod that runs has reported; `nil` where that is nothing.
    private static func open(_ status: AgentRunStatus) -> AgentRunStatus.UsageStatus? {
        guard let all = status.usage else { return nil }
        let closed = closed(status)
        let open = all - closed
        return open == .init() ? nil : open
    }

    private static func note(session id: String?, resumed: Bool?, in status: inout AgentRunStatus) {
        guard let id, SessionName.isValid(id) else { return }
        guard var session = status.session, session.id == id else {
            status.session = .init(id: id, resumed: resumed)
            return
        }
        session.resumed = resumed ?? session.resumed
        status.session = session
    }

    // MARK: Bounds

    /// One line of at most so many characters, as the definition counts them.
    static func bounded(_ text: String, to length: Int) -> String {
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
        return String(String.UnicodeScalarView(line)).bounded(to: length)
    }

    private static func bounded(_ usage: AgentRunStatus.UsageStatus) -> AgentRunStatus.UsageStatus {
        func count(_ value: Int64) -> Int64 { min(max(0, value), 1 << 50) }
        return .init(
            inputTokens: count(usage.inputTokens), cachedInputTokens: count(usage.cachedInputTokens),
            outputTokens: count(usage.outputTokens), reasoningTokens: count(usage.reasoningTokens))
    }
}
