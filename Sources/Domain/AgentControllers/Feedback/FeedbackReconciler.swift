// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
package import ControllerRuntime
import JSONCoding
package import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization

/// Answers on the issue: a reaction at once, and one status comment with a section a run.
///
/// It works beside the runs, never before them: nothing waits for a comment. Its key is the issue,
/// `REPOSITORYID/NUMBER`, so that edits of one comment are merged.
package final class FeedbackReconciler: Reconciler {
    /// At most one edit in this time, results excepted.
    private static let pace = Duration.seconds(5)
    /// At most one edit in this time for what changes all the while: an hour has a few hundred edits for all issues.
    private static let quietPace = Duration.seconds(30)

    private struct Memory {
        var commentID: Int64?
        var body: String?
        var outline: String?
        var editedAt: Timestamp?
    }

    private let context: ControllerContext
    private let memory = Mutex<[ObjectKey: Memory]>([:])
    private let reacted = Mutex<Set<String>>([])

    package init(context: ControllerContext) { self.context = context }

    /// The issue that a run belongs to; runs that were not looked at yet belong to none.
    static func issueKey(_ run: AgentRun) -> [ObjectKey] {
        guard let repositoryID = run.status?.repositoryID ?? run.spec.repositoryID else { return [] }
        return [ObjectKey(namespace: String(repositoryID), name: String(run.spec.issue))]
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        let runs = context.runs.byIndex("issue", key.description)
        guard let repositoryID = key.namespace.flatMap(Int64.init), let issue = Int(key.name),
            runs.contains(where: { !isSettled($0) }), let run = runs.first,
            let configured = context.configuredRepository(run)
        else {
            forget(key, runs)
            return .done
        }
        do {
            try await react(runs, issue, configured.name)
            return try await upsert(key, runs, repositoryID, issue, configured)
        } catch let error as ProviderError {
            if case .rateLimited(let until) = error.code {
                return .requeueAfter(max(.seconds(1), until.since(context.now())))
            }
            // An issue that is gone has nobody to be told.
            if error.code == .notFound { return .done }
            throw error
        }
    }

    /// What is remembered of an issue is needed only while one of its runs goes on.
    private func forget(_ key: ObjectKey, _ runs: [AgentRun]) {
        memory.withLock { $0[key] = nil }
        reacted.withLock { $0.subtract(runs.map(\.metadata.uid)) }
    }

    /// Whether a run has ended and its comment says so; then nothing more is written for it, ever.
    private func isSettled(_ run: AgentRun) -> Bool {
        run.phase.isTerminal && (run.status?.statusCommentID != nil || !StatusComment.isShown(run))
    }

    private func react(_ runs: [AgentRun], _ issue: Int, _ repository: RepositoryName) async throws {
        for run in runs where !run.phase.isTerminal && run.phase != .pending {
            guard !reacted.withLock({ $0.contains(run.metadata.uid) }) else { continue }
            try await context.source.react("eyes", issue: issue, in: repository)
            reacted.withLock { _ = $0.insert(run.metadata.uid) }
        }
    }

    private func upsert(
        _ key: ObjectKey, _ runs: [AgentRun], _ repositoryID: Int64, _ issue: Int,
        _ configured: OperatorConfiguration.Repository
    ) async throws -> ReconcileResult {
        let repository = configured.name
        var comment = StatusComment(
            text: .of(locale: configured.locale ?? context.configuration.locale), labels: context.configuration.labels)
        guard let body = comment.body(repositoryID: repositoryID, issue: issue, runs: runs) else { return .done }
        comment.isOutline = true
        let outline = comment.body(repositoryID: repositoryID, issue: issue, runs: runs)
        var known = memory.withLock { $0[key] ?? Memory() }
        if known.commentID == nil {
            known.commentID = try await find(repositoryID, issue, runs, repository, into: &known.body)
        }
        let now = context.now()
        if known.body != body {
            // A run that is deleted will not be seen again.
            let isResult = runs.contains { ($0.phase.isTerminal || $0.metadata.isBeingDeleted) && !isSettled($0) }
            let pace = known.outline == outline ? Self.quietPace : Self.pace
            if let last = known.editedAt, !isResult, now.since(last) < pace {
                return .requeueAfter(pace - now.since(last))
            }
            if let id = known.commentID {
                if try await !edit(id, body, repository) { known.commentID = nil }
            }
            if known.commentID == nil {
                await announce(runs)
                known.commentID = try await context.source.createComment(body, issue: issue, in: repository).id
            }
            known.body = body
            known.outline = outline
            known.editedAt = now
        }
        memory.withLock { $0[key] = known }
        guard let id = known.commentID else { return .done }
        try await settle(runs, commentID: id)
        return .done
    }

    /// Records that a comment is about to be made, in the trace of the run that it is made for. The comment also says
    /// that records cannot be made, so it does not wait for them.
    private func announce(_ runs: [AgentRun]) async {
        guard let run = runs.first(where: { StatusComment.isShown($0) && !isSettled($0) }) else { return }
        await context.audit.recordEventually([
            AuditEvent(
                correlationID: run.correlationID, runUID: run.metadata.uid, attempt: run.status?.attempt ?? 1,
                type: .effectIntended, key: "\(AuditEventType.statusCommentUpserted.rawValue)|status",
                actor: .controller)
        ])
    }

    /// Edits the comment; false when somebody deleted it.
    private func edit(_ id: Int64, _ body: String, _ repository: RepositoryName) async throws(ProviderError) -> Bool {
        do {
            try await context.source.updateComment(id, body: body, in: repository)
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    /// The comment of an earlier process: by the id in a status, else by its hidden marker; of two the newer is
    /// deleted.
    private func find(
        _ repositoryID: Int64, _ issue: Int, _ runs: [AgentRun], _ repository: RepositoryName, into body: inout String?
    ) async throws -> Int64? {
        for id in runs.compactMap({ $0.status?.statusCommentID }) {
            if let comment = try await context.source.comment(id, in: repository) {
                body = comment.body
                return comment.id
            }
        }
        let marker = StatusComment.marker(repositoryID: repositoryID, issue: issue)
        let found = try await context.source.comments(marker: marker, issue: issue, in: repository)
        for extra in found.dropFirst() { try await context.source.deleteComment(extra.id, in: repository) }
        body = found.first?.body
        return found.first?.id
    }

    /// Notes the comment in the status of runs that ended, which is what tells a later process that they are done.
    private func settle(_ runs: [AgentRun], commentID: Int64) async throws {
        for run in runs where run.phase.isTerminal && run.status?.statusCommentID == nil && StatusComment.isShown(run) {
            await context.audit.recordEventually([
                AuditEvent(
                    correlationID: run.correlationID, runUID: run.metadata.uid, attempt: run.status?.attempt ?? 1,
                    type: .statusCommentUpserted, actor: .controller, payload: ["comment": .integer(commentID)])
            ])
            try await note(commentID, in: run)
        }
    }

    private func note(_ commentID: Int64, in run: AgentRun) async throws {
        try await tolerating(.notFound) {
            _ = try await context.runClient(run).patchStatus(
                run.metadata.name, .merge(["status": ["statusCommentID": .integer(commentID)]]),
                options: .init(fieldManager: .codexK8s))
        }
    }
}
