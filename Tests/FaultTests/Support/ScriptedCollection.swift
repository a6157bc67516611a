// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import KubernetesTestSupport
import Synchronization

/// Answers lists and watches of one collection from scripts; the last answer of each is repeated.
///
/// Watches that are to begin with what exists are refused by default, as by servers that do not know them.
final class ScriptedCollection: Sendable {
    enum Kind: Sendable, Hashable { case list, streamedList, watch }

    private let lists: [ServerResponse]
    private let watches: [ServerResponse]
    private let streamed: [ServerResponse]
    private let log = Mutex<[(kind: Kind, query: [String: String])]>([])

    init(lists: [ServerResponse], watches: [ServerResponse], streamed: [ServerResponse] = [.noStreamedLists]) {
        self.lists = lists
        self.watches = watches
        self.streamed = streamed
    }

    var handler: ScriptedServer.Handler {
        { self.answer($0) }
    }

    /// What was asked, in order.
    var asked: [Kind] { log.withLock { $0.map(\.kind) } }
    /// The same without streamed lists, for scripts that refuse them.
    var askedPlainly: [Kind] { asked.filter { $0 == .list || $0 == .watch } }
    /// The versions that lists and watches asked for.
    var versions: [String?] { log.withLock { $0.map { $0.query["resourceVersion"] } } }
    /// The page sizes that lists asked for.
    var limits: [String?] { log.withLock { $0.filter { $0.kind == .list }.map { $0.query["limit"] } } }

    private func answer(_ request: ServerRequest) -> ServerResponse {
        let kind: Kind =
            request.query["watch"] != "true"
            ? .list : request.query["sendInitialEvents"] == "true" ? .streamedList : .watch
        let query = Dictionary(
            ["resourceVersion", "resourceVersionMatch", "limit"].compactMap { name in
                request.query[name].map { (name, $0) }
            }, uniquingKeysWith: { first, _ in first })
        return log.withLock { log in
            let position = log.filter { $0.kind == kind }.count
            log.append((kind, query))
            let script =
                switch kind {
                case .list: lists
                case .streamedList: streamed
                case .watch: watches
                }
            return script[min(position, script.count - 1)]
        }
    }
}

extension ServerResponse {
    /// What a server says that does not know streamed lists.
    static let noStreamedLists = ServerResponse.failure(
        422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
}
