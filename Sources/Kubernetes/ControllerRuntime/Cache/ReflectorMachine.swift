// SPDX-License-Identifier: MIT
import KubernetesAPI

/// Decides how a cache follows a collection: list, watch, resume, list anew, and how long to wait in between. Pure.
///
/// A list comes as a stream, as pages, or whole, and ends in the same place. Streams are tried first, because servers
/// answer them from memory object by object; pages are what always works. Every list asks for the newest state, never
/// for a version: a cache that restarts against a lagging server must not go back in time. Watches resume from the
/// last version seen, bookmarks included, until the server no longer has it in one of the ways it has of saying so, the
/// silent one among them.
struct ReflectorMachine: Sendable {
    /// What to do next.
    enum Step: Sendable, Hashable {
        /// Watch with the existing objects first; their end must be marked within the deadline. Goes on as a watch.
        case stream(timeout: Duration, deadline: Duration)
        /// List a page; without a limit everything. Without a token the list begins, and what came before is void.
        case list(limit: Int?, continueToken: String?)
        /// Watch what changes after a version.
        case watch(resourceVersion: String, timeout: Duration)
        /// Do nothing for so long.
        case wait(Duration)
    }

    /// Why a list or a watch ended other than well.
    enum Failure: Sendable, Hashable {
        /// The version or the continuation is too old (410), in whatever shape.
        case expired
        /// The version is ahead of the server, as after a restored backup.
        case versionTooLarge(retryAfter: Duration?)
        /// The server asks for patience.
        case busy(retryAfter: Duration?)
        /// No answer: connection, time-out, silence, or a stream that broke off.
        case disconnected
        /// The server answered with an error of its own that may pass.
        case failed
        /// The server does not take such a request.
        case unsupported
        /// Not allowed: permissions and credentials come and go, and the version stays good meanwhile.
        case denied
        /// No such type and the like: nothing that another form of the request would change.
        case refused
        /// A stream did not mark its end within the deadline, or a page was not complete in its time.
        case tooSlow
    }

    /// Why lists come by pages although streams were wanted.
    enum Fallback: Sendable, Hashable {
        /// The server refuses streams; they are not asked for again.
        case refused
        /// Streams were accepted and ended in order, but without the mark; they are not asked for again.
        case unmarked(attempts: Int)
        /// Streams failed or broke off so often; the next list is tried as a stream again.
        case broken(attempts: Int)
        /// The time for streaming was over; the next list is tried as a stream again.
        case tooSlow
    }

    private enum Position: Sendable, Hashable {
        case unlisted
        case paging(continueToken: String)
        case at(String)
    }

    private let timing: ReflectorTiming
    private var position = Position.unlisted
    private var pendingWait: Duration?
    private var backoff: Duration
    /// For how long watches have lasted since the last failure.
    private var calm = Duration.zero
    /// The last version seen, kept while the collection is listed anew.
    private var lastVersion: ResourceVersion?
    /// When streaming the list that is under way began.
    private var streamsSince: Duration?
    private var streamAttempts = 0
    private var restarts = 0
    /// Less than the usual after pages that were not complete in time, until the list is.
    private var pageSize: Int
    /// Failures since anything went well.
    private(set) var consecutiveFailures = 0
    private var refusedResumptions = 0
    /// Why the list under way, or the last one, comes by pages.
    private(set) var fallback: Fallback?
    /// The versions when the last list was older than what was known: the server went back in time.
    private(set) var wentBack: (from: ResourceVersion, to: ResourceVersion)?

    init(timing: ReflectorTiming = ReflectorTiming()) {
        self.timing = timing
        backoff = timing.initialBackoff
        pageSize = timing.pageSize
    }

    /// The last version that the cache has seen; nil while there is no complete list.
    var resourceVersion: String? {
        if case .at(let version) = position { version } else { nil }
    }

    /// What to do now.
    ///
    /// - Parameters:
    ///   - now: monotonic.
    ///   - random: from 0 to 1, for the length of a watch.
    mutating func next(now: Duration, random: Double) -> Step {
        if let wait = pendingWait {
            pendingWait = nil
            return .wait(wait)
        }
        let timeout = timing.minimumWatch + (timing.maximumWatch - timing.minimumWatch) * random
        switch position {
        case .at(let version): return .watch(resourceVersion: version, timeout: timeout)
        case .paging(let token): return .list(limit: pageSize, continueToken: token)
        case .unlisted:
            if let deadline = streamDeadline(now) { return .stream(timeout: timeout, deadline: deadline) }
            // Pages that keep expiring come from a list that changes faster than it is read.
            return .list(limit: restarts < timing.listRestarts ? pageSize : nil, continueToken: nil)
        }
    }

    /// How long a stream may take now; nil when the list is to come by pages.
    private mutating func streamDeadline(_ now: Duration) -> Duration? {
        guard timing.streamsLists, fallback == nil else { return nil }
        let since = streamsSince ?? now
        streamsSince = since
        let left = since + timing.streamLimit - now
        if left <= .zero {
            fallback = .tooSlow
            return nil
        }
        return left
    }

    // MARK: What happened

    /// A page, or a whole list, arrived.
    ///
    /// - Parameter continueToken: asks for the next page; nil at the end.
    mutating func listed(resourceVersion: String, continueToken: String? = nil) {
        succeeded()
        if let continueToken {
            position = .paging(continueToken: continueToken)
        } else {
            completeList(resourceVersion)
        }
    }

    /// A page failed. What came before it stays good, unless the next step begins the list anew.
    mutating func listFailed(_ failure: Failure, random: Double) {
        switch (position, failure) {
        case (.paging, .busy), (.paging, .disconnected), (.paging, .failed), (.paging, .denied), (.paging, .tooSlow):
            break
        case (.paging, .expired):
            restarts += 1
            position = .unlisted
        default: position = .unlisted
        }
        // The same page again would be as late again, for ever.
        if failure == .tooSlow {
            pageSize = max(1, pageSize / 4)
            restarts = 0
        }
        waitLonger(failure, random: random)
    }

    /// A stream marked the end of the existing objects: the list is complete, and the watch goes on from here.
    mutating func streamCompleted(resourceVersion: String) {
        succeeded()
        completeList(resourceVersion)
    }

    /// A change or a bookmark arrived; before the end of a streamed list it says nothing.
    mutating func advanced(to resourceVersion: String) {
        guard case .at = position else { return }
        succeeded()
        guard !resourceVersion.isEmpty else { return }
        position = .at(resourceVersion)
        lastVersion = ResourceVersion(resourceVersion) ?? lastVersion
    }

    /// A stream or a watch ended.
    ///
    /// - Parameters:
    ///   - failure: nil when the server ended it in order.
    ///   - lasted: from the request to the end.
    ///   - messages: changes and bookmarks that arrived.
    mutating func ended(_ failure: Failure?, lasted: Duration, messages: Int, random: Double) {
        calm += lasted
        if calm >= timing.backoffReset { backoff = timing.initialBackoff }
        if case .at = position {
            watchEnded(failure, lasted: lasted, messages: messages, random: random)
        } else {
            streamBroke(failure, messages: messages, random: random)
        }
    }

    private mutating func watchEnded(_ failure: Failure?, lasted: Duration, messages: Int, random: Double) {
        switch failure {
        case nil where messages == 0 && lasted < timing.shortWatch:
            // How some servers say "expired": they accept the watch and end it at once.
            position = .unlisted
            waitLonger(.expired, random: random)
        case nil where lasted >= timing.decentWatch: succeeded()
        case nil: waitLonger(.disconnected, random: random)
        case .expired, .versionTooLarge, .refused, .unsupported, .tooSlow:
            position = .unlisted
            waitLonger(failure ?? .refused, random: random)
        case .failed:
            // Bounded: a version that never leads anywhere is given up.
            refusedResumptions += 1
            if refusedResumptions >= timing.resumeAttempts { position = .unlisted }
            waitLonger(.failed, random: random)
        case .disconnected where messages == 0 && lasted >= timing.idle && consecutiveFailures > 0:
            // Silent again, though bookmarks are due. Servers accept a version of the future, as after a restored
            // backup, and say nothing for ever: a list finds out. The first silence is taken for a dead connection.
            position = .unlisted
            waitLonger(.disconnected, random: random)
        case .busy, .disconnected, .denied: waitLonger(failure ?? .disconnected, random: random)
        }
    }

    private mutating func streamBroke(_ failure: Failure?, messages: Int, random: Double) {
        switch failure {
        case .unsupported:
            // Pages at once: nothing is wrong.
            fallback = .refused
        case .tooSlow:
            fallback = .tooSlow
        case .busy, .denied, .refused: waitLonger(failure ?? .disconnected, random: random)
        case .disconnected where messages == 0:
            // Nobody was there: that says nothing about streams.
            waitLonger(.disconnected, random: random)
        case nil, .disconnected, .failed, .expired, .versionTooLarge:
            streamAttempts += 1
            if streamAttempts >= timing.streamAttempts {
                fallback = failure == nil ? .unmarked(attempts: streamAttempts) : .broken(attempts: streamAttempts)
            }
            waitLonger(failure ?? .disconnected, random: random)
        }
    }

    // MARK: Bookkeeping

    private mutating func completeList(_ resourceVersion: String) {
        position = .at(resourceVersion)
        streamsSince = nil
        streamAttempts = 0
        restarts = 0
        pageSize = timing.pageSize
        switch fallback {
        case .tooSlow, .broken: fallback = nil
        case .refused, .unmarked, nil: break
        }
        let version = ResourceVersion(resourceVersion)
        wentBack = nil
        if let version, let lastVersion, version < lastVersion { wentBack = (lastVersion, version) }
        lastVersion = version ?? lastVersion
    }

    private mutating func succeeded() {
        consecutiveFailures = 0
        refusedResumptions = 0
    }

    private mutating func waitLonger(_ failure: Failure, random: Double) {
        consecutiveFailures += 1
        calm = .zero
        // Never less than the base, so that nothing loops fast; up to twice it, so that clients come back spread out.
        var wait = min(backoff + backoff * random, timing.maximumBackoff)
        switch failure {
        case .busy(let floor?), .versionTooLarge(let floor?): wait = max(wait, floor + backoff * random)
        default: break
        }
        pendingWait = wait
        backoff = min(backoff * 2, timing.maximumBackoff)
    }
}
