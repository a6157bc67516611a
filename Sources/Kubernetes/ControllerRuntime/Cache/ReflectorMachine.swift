// SPDX-License-Identifier: MIT

/// Decides how a cache follows a collection: list, watch, resume, list anew, and how long to wait in between. Pure.
///
/// Lists ask for the newest state, never for a version: a cache that restarts against a lagging server must not go
/// back in time. Watches resume from the last version seen, bookmarks included, until the server no longer has it in
/// one of the ways it has of saying so, the silent one among them.
struct ReflectorMachine: Sendable {
    /// What to do next.
    enum Step: Sendable, Hashable {
        case list
        case watch(resourceVersion: String, timeout: Duration)
        case wait(Duration)
    }

    /// Why a list or a watch ended other than well.
    enum Failure: Sendable, Hashable {
        /// The version is too old (410), in whatever shape.
        case expired
        /// The version is ahead of the server, as after a restored backup.
        case versionTooLarge
        /// The server asks for patience.
        case busy(retryAfter: Duration?)
        /// Connection, time-out, silence.
        case disconnected
        /// Anything else: forbidden, no such type, a malformed answer.
        case refused
    }

    private enum Position: Sendable, Hashable {
        case unlisted
        case at(String)
    }

    private var position = Position.unlisted
    private var pendingWait: Duration?
    private var backoff: Duration
    private(set) var consecutiveFailures = 0
    private let timing: ReflectorTiming

    init(timing: ReflectorTiming = ReflectorTiming()) {
        self.timing = timing
        backoff = timing.initialBackoff
    }

    /// The last version that the cache has seen.
    var resourceVersion: String? {
        if case .at(let version) = position { version } else { nil }
    }

    /// - Parameter random: from 0 to 1, for the length of a watch.
    mutating func next(random: Double) -> Step {
        if let wait = pendingWait {
            pendingWait = nil
            return .wait(wait)
        }
        switch position {
        case .unlisted: return .list
        case .at(let version):
            let span = timing.maximumWatch - timing.minimumWatch
            return .watch(resourceVersion: version, timeout: timing.minimumWatch + span * random)
        }
    }

    mutating func listed(resourceVersion: String) {
        position = .at(resourceVersion)
    }

    /// A change or a bookmark arrived.
    mutating func advanced(to resourceVersion: String) {
        if !resourceVersion.isEmpty { position = .at(resourceVersion) }
    }

    mutating func listFailed(_ failure: Failure, random: Double) {
        position = .unlisted
        waitLonger(failure, random: random)
    }

    /// A watch ended.
    ///
    /// - Parameters:
    ///   - failure: nil when the server ended it as agreed.
    ///   - lasted: from the request to the end.
    ///   - messages: changes and bookmarks that arrived.
    mutating func watchEnded(_ failure: Failure?, lasted: Duration, messages: Int, random: Double) {
        if lasted >= timing.healthyWatch { recover() }
        switch failure {
        case nil where messages == 0 && lasted < timing.shortWatch:
            // How some servers say "expired": they accept the watch and end it at once.
            position = .unlisted
            waitLonger(.expired, random: random)
        case nil:
            // A stream with messages made progress; only one that ends at once again and again is slowed down.
            if lasted < timing.shortWatch {
                waitLonger(.disconnected, random: random)
            } else {
                recover()
            }
        case .expired, .versionTooLarge, .refused:
            position = .unlisted
            waitLonger(failure ?? .refused, random: random)
        case .busy, .disconnected:
            if messages > 0 { recover() }
            // Bounded: a version that never leads anywhere is given up.
            if consecutiveFailures >= timing.resumeAttempts { position = .unlisted }
            waitLonger(failure ?? .disconnected, random: random)
        }
    }

    private mutating func recover() {
        backoff = timing.initialBackoff
        consecutiveFailures = 0
    }

    private mutating func waitLonger(_ failure: Failure, random: Double) {
        consecutiveFailures += 1
        // Never less than the base, so that nothing loops fast; up to twice it, so that clients come back spread out.
        var wait = min(backoff + backoff * random, timing.maximumBackoff)
        if case .busy(let retryAfter?) = failure { wait = max(wait, retryAfter + backoff * random) }
        pendingWait = wait
        backoff = min(backoff * 2, timing.maximumBackoff)
    }
}

/// The times by which caches follow collections.
struct ReflectorTiming: Sendable, Hashable {
    var initialBackoff: Duration = .milliseconds(800)
    var maximumBackoff: Duration = .seconds(30)
    /// Watches last between these, spread so that watches which began together do not end together.
    var minimumWatch: Duration = .seconds(300)
    var maximumWatch: Duration = .seconds(600)
    /// A watch that ends sooner, without a message, said "expired".
    var shortWatch: Duration = .seconds(2)
    /// A watch that lasted so long was a success, however it ended.
    var healthyWatch: Duration = .seconds(30)
    /// After so many failures in a row the collection is listed anew.
    var resumeAttempts = 5
    /// Silence after which a watch counts as dead; bookmarks come each minute.
    var idle: Duration = .seconds(75)

    init() {}
}
