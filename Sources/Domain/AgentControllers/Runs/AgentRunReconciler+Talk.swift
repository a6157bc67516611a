// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import SourceProvider

extension AgentRunReconciler {
    /// The end of a run whose words are its result: a comment on the issue, or, from an agent that looks at a pull
    /// request without changing it, there. Nothing was pushed, so there is no pull request to make.
    func talked(
        _ run: AgentRun, _ repository: RepositoryName, _ settings: AdmittedSettings, open: PullRequest?
    ) async throws -> AgentRun {
        let words = run.status?.currentAttempt?.message ?? ""
        let pullRequest = settings.discussion ? nil : run.status?.pullRequest?.number ?? open?.number
        let place = pullRequest ?? run.spec.issue
        if !words.isEmpty {
            let talk = TalkComment.Talk(
                runUID: run.metadata.uid, runName: run.metadata.name, attempt: run.status?.attempt ?? 1,
                agent: settings.agent.key, words: words)
            try await comment(
                run, TalkComment.body(talk), marker: TalkComment.marker(runUID: talk.runUID, attempt: talk.attempt),
                key: "talk", on: place, in: repository)
        }
        let reason: Reason = settings.discussion ? .discussion : .noChanges
        let message = words.isEmpty ? "the agent ended without a word" : "the agent's answer is a comment on #\(place)"
        return try await finish(run, .succeeded, reason, message) { status, now in
            Self.set(
                &status, run, .pullRequestReady, .false, reason,
                settings.discussion ? "a discussion opens no pull request" : "this agent may change nothing", now)
        }
    }

    /// Makes a comment once: an earlier self of this process may have made it and not lived to say so.
    ///
    /// - Parameter key: tells the comments of one attempt apart in the record.
    private func comment(
        _ run: AgentRun, _ body: String, marker: String, key: String, on number: Int, in repository: RepositoryName
    ) async throws {
        let source = context.source
        let fact = "\(key)|#\(number)"
        try await context.audit.record([intent(run, .statusCommentUpserted, key: fact)])
        let earlier = try await source.comments(marker: marker, issue: number, in: repository).first
        let comment = if let earlier { earlier } else {
            try await source.createComment(body, issue: number, in: repository)
        }
        try await context.audit.record([
            event(
                run, .statusCommentUpserted, key: fact,
                ["comment": .integer(comment.id), "number": .integer(Int64(number))])
        ])
    }

    /// Marks the open pull requests of earlier runs of the issue as superseded by this run's. None is closed: that is
    /// for people to do.
    func supersede(
        _ run: AgentRun, _ repository: RepositoryName, _ settings: AdmittedSettings, by pullRequest: PullRequest
    ) async throws {
        let source = context.source
        let history = try await context.history.runs(
            repositoryID: run.status?.repositoryID ?? 0, issue: run.spec.issue, limit: Self.historyLimit)
        let identity = try await source.identity()
        let labels = context.configuration.labels
        for branch in Self.branches(of: history, without: settings.branch) {
            guard let old = try await source.openPullRequest(head: branch, in: repository),
                old.author.id == identity.id, old.number != pullRequest.number
            else { continue }
            let key = "\(labels.superseded)|#\(old.number)"
            try await context.audit.record([intent(run, .labelApplied, key: key)])
            try await source.addLabels([labels.superseded], issue: old.number, in: repository)
            try await source.removeLabel(labels.inReview, issue: old.number, in: repository)
            let body = TalkComment.superseded(
                runUID: run.metadata.uid, runName: run.metadata.name, kind: settings.kind.rawValue,
                by: pullRequest.number)
            try await comment(
                run, body, marker: TalkComment.supersededMarker(runUID: run.metadata.uid), key: "superseded",
                on: old.number, in: repository)
            try await context.audit.record([
                event(
                    run, .labelApplied, key: key,
                    [
                        "label": .string(labels.superseded), "removed": .string(labels.inReview),
                        "pull_request": .integer(Int64(old.number)),
                        "superseded_by": .integer(Int64(pullRequest.number)),
                    ])
            ])
        }
    }

    /// The branches that earlier runs of the issue worked on, in a fixed order.
    static func branches(of history: [RunRecord], without own: String) -> [String] {
        Set(history.compactMap(\.branch)).subtracting([own, ""]).sorted()
    }
}
