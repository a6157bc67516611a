// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// The one status comment of an issue, a section a run: pure, so that an unchanged state gives an unchanged text.
struct StatusComment {
    /// Which words are used.
    var text: FeedbackText
    /// What labels are called here.
    var labels: LabelCatalogue
    /// Without what changes all the time (the agent's line, tokens): two comments that are alike in this outline differ
    /// in nothing that is urgent.
    var isOutline = false

    /// The hidden first line by which the comment is found again.
    static func marker(repositoryID: Int64, issue: Int) -> String {
        "<!-- codex-k8s:status repository=\(repositoryID) issue=\(issue) -->"
    }

    /// Renders the runs of one issue; `nil` when none of them has anything to say.
    func body(repositoryID: Int64, issue: Int, runs: [AgentRun]) -> String? {
        let shown = runs.filter { Self.isShown($0) }.sorted { left, right in
            (left.metadata.creationTimestamp?.microseconds ?? 0, left.metadata.name)
                < (right.metadata.creationTimestamp?.microseconds ?? 0, right.metadata.name)
        }
        guard !shown.isEmpty else { return nil }
        let sections = shown.suffix(20).map { section($0) }
        return Self.marker(repositoryID: repositoryID, issue: issue) + "\n" + sections.joined(separator: "\n\n")
    }

    /// Rejections that are said otherwise, or not at all, have no section.
    static func isShown(_ run: AgentRun) -> Bool {
        guard run.phase == .rejected else { return true }
        switch run.status?.conditions?[RunCondition.accepted.rawValue]?.reason {
        case Reason.duplicate.rawValue, Reason.actorNotAllowed.rawValue, Reason.labelMissing.rawValue,
            Reason.issueNotFound.rawValue, Reason.repositoryNotConfigured.rawValue:
            return false
        default: return true
        }
    }

    // MARK: Sections

    private func section(_ run: AgentRun) -> String {
        let revise = run.spec.trigger.revise ?? false
        let label = run.spec.trigger.label ?? run.triggerKind.flatMap { labels.label(kind: $0, revise: revise) }
            ?? run.spec.trigger.kind
        var parts = ["### `\(label)` — \(headline(run))"]
        if let line = run.status?.progress?.line, !isOutline, run.phase == .running || run.phase == .waiting {
            parts.append("> \(Self.inert(line))")
        }
        // What the phase, or the wait below, says already is not said again.
        let isSaid = (run.phase == .running || run.phase == .waiting) && run.status?.stopping == nil
        if let ready = run.status?.conditions?[RunCondition.ready.rawValue], !ready.message.isEmpty, !isSaid {
            parts.append(Self.inert(ready.message))
        }
        parts.append(facts(run).map { "- \($0)" }.joined(separator: "\n"))
        if let next = suggestion(run) { parts.append(next) }
        return parts.joined(separator: "\n\n")
    }

    /// A run that somebody deletes is shown as cancelled, because there is nothing of it later to be shown.
    private func phase(_ run: AgentRun) -> RunPhase {
        run.metadata.isBeingDeleted && !run.phase.isTerminal ? .cancelled : run.phase
    }

    private func headline(_ run: AgentRun) -> String {
        if run.metadata.isBeingDeleted { return text.phases[phase(run)] ?? phase(run).rawValue }
        if run.status?.stopping != nil { return text.stopping }
        return text.phases[run.phase] ?? run.phase.rawValue
    }

    private func facts(_ run: AgentRun) -> [String] {
        let status = run.status
        var facts = ["\(text.run) `\(run.metadata.name)`"]
        if let attempt = status?.attempt, attempt > 1 { facts[0] += ", \(text.attempt) \(attempt)" }
        if let agent = status?.effective?.agent { facts.append("\(text.agent) `\(agent)`") }
        if let model = status?.effective?.model { facts.append("\(text.model) `\(model.value)` (\(model.source))") }
        if let effort = status?.effective?.reasoningEffort {
            facts.append("\(text.reasoning) `\(effort.value)` (\(effort.source))")
        }
        if let session = status?.session { facts.append(self.session(session)) }
        if let wait = status?.wait { facts.append(self.wait(wait)) }
        if let usage = status?.usage, !isOutline { facts.append(self.usage(usage)) }
        if let pullRequest = status?.pullRequest { facts.append("\(text.pullRequest) #\(pullRequest.number)") }
        return facts
    }

    private func session(_ session: AgentRunStatus.SessionStatus) -> String {
        var words = ["\(text.session) `\(session.id)`"]
        if let resumed = session.resumed { words.append(resumed ? text.resumed : text.fresh) }
        if let bytes = session.savedBytes, !isOutline { words.append("\(text.saved): \(Self.size(bytes))") }
        if let message = session.message { words.append(Self.inert(message)) }
        return words.joined(separator: ", ")
    }

    private func wait(_ wait: AgentRunStatus.WaitStatus) -> String {
        var words = "\(text.waits) \(WaitState(rawValue: wait.state).flatMap { text.waitStates[$0] } ?? wait.state)"
        if let reason = wait.reason, !reason.isEmpty { words += ": \(Self.inert(reason))" }
        if let since = wait.since { words += ", \(text.since) \(Self.moment(since))" }
        if let until = wait.until { words += ", \(text.until) \(Self.moment(until))" }
        return words
    }

    private func usage(_ usage: AgentRunStatus.UsageStatus) -> String {
        "\(text.tokens): \(usage.inputTokens) \(text.read) (\(usage.cachedInputTokens) \(text.cached)), "
            + "\(usage.outputTokens) \(text.written) (\(usage.reasoningTokens) \(text.thought))"
    }

    private func suggestion(_ run: AgentRun) -> String? {
        guard let kind = run.triggerKind else { return nil }
        return NextSteps.after(
            kind: kind, revise: run.spec.trigger.revise == true, phase: phase(run),
            hasPullRequest: run.status?.pullRequest != nil, isDiscussion: run.status?.effective?.discussion == true,
            labels: labels
        ).flatMap { text.sentence($0) }
    }

    // MARK: Words

    /// Somebody else's words in one line, made inert.
    private static func inert(_ words: String) -> String {
        InertText.make(words.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// `2026-11-22 21:00 UTC`.
    private static func moment(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// `12 kB`, in powers of ten.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\((bytes + 500) / 1000) kB"
        default: "\((bytes + 500_000) / 1_000_000) MB"
        }
    }
}
