// SPDX-License-Identifier: MIT

/// The times and bounds by which caches follow collections. The defaults are those of client-go where it has one.
struct ReflectorTiming: Sendable, Hashable {
    /// The first wait after a failure; doubled by each further one.
    var initialBackoff: Duration = .milliseconds(800)
    /// No wait of our own is longer.
    var maximumBackoff: Duration = .seconds(30)
    /// When watches have lasted so long since the last failure, waits begin anew.
    var backoffReset: Duration = .seconds(120)
    /// Watches last between this and `maximumWatch`, spread so that those which began together do not end together.
    var minimumWatch: Duration = .seconds(300)
    /// See `minimumWatch`.
    var maximumWatch: Duration = .seconds(600)
    /// A watch that the server ends sooner, without a message, said "expired".
    var shortWatch: Duration = .seconds(2)
    /// A watch that the server ends after so long is gone on with at once; a sooner end looks like trouble.
    var decentWatch: Duration = .seconds(30)
    /// After so many refusals in a row to go on from a version, the collection is listed anew. Connections that were
    /// not made and requests for patience do not count.
    var resumeAttempts = 5
    /// Silence after which a watch counts as dead; bookmarks come each minute.
    var idle: Duration = .seconds(75)
    /// Objects a page.
    var pageSize = 500
    /// How often a list is begun anew because a later page had expired, before it is asked for whole.
    var listRestarts = 3
    /// Whether lists are asked for as a stream first.
    var streamsLists = true
    /// How often a stream may end without the mark that says it is complete, before pages are taken.
    var streamAttempts = 3
    /// How long streaming one list may take with all its attempts, before pages are taken.
    var streamLimit: Duration = .seconds(60)

    /// The defaults.
    init() {}
}
