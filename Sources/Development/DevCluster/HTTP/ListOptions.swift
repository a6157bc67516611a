// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding

/// The query of a list or watch, read and checked as Kubernetes does it (metav1.ListOptions and its validation), so
/// that a client that mixes options up learns it here and not in a cluster.
struct ListOptions: Sendable, Equatable {
    /// How `resourceVersion` is meant.
    enum VersionMatch: String, Sendable {
        /// As of that version, or gone (410).
        case exact = "Exact"
        /// As of that version or any later one.
        case notOlderThan = "NotOlderThan"
    }

    /// What was asked for, as text: whether it must be a number depends on the verb.
    var resourceVersion = ""
    /// nil when the query says nothing.
    var match: VersionMatch?
    /// Whether a watch begins with what exists and marks its end; nil when the query says nothing.
    var sendInitialEvents: Bool?
    /// Whether a watch may get bookmarks.
    var allowsBookmarks = false
    /// Whether the request is a watch.
    var isWatch = false
    /// Seconds that a watch lasts; nil for the server's choice.
    var timeoutSeconds: Int?
    /// Objects a page; 0 for all.
    var limit = 0
    /// The token of the page before; empty for the first.
    var continuation = ""

    /// Reads and checks the query.
    ///
    /// - Throws: 400 for what is no number, 422 `Invalid` for combinations that have no meaning.
    init(_ query: QueryParameters, isWatch: Bool) throws(StatusError) {
        self.isWatch = isWatch
        resourceVersion = query["resourceVersion"] ?? ""
        continuation = query["continue"] ?? ""
        sendInitialEvents = query["sendInitialEvents"].map(Self.isTrue)
        allowsBookmarks = query["allowWatchBookmarks"].map(Self.isTrue) ?? false
        limit = max(0, try Self.number(query["limit"]) ?? 0)
        timeoutSeconds = try Self.number(query["timeoutSeconds"]).flatMap { $0 > 0 ? $0 : nil }
        let wanted = query["resourceVersionMatch"] ?? ""
        match = VersionMatch(rawValue: wanted)
        let causes = isWatch ? watchProblems(wanted) : listProblems(wanted)
        guard causes.isEmpty else {
            throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", causes: causes)
        }
    }

    /// Everything but `false` and `0` is true, as Kubernetes reads its queries.
    static func isTrue(_ text: String) -> Bool { !text.isEmpty && text.lowercased() != "false" && text != "0" }

    private static func number(_ text: String?) throws(StatusError) -> Int? {
        guard let text, !text.isEmpty else { return nil }
        guard let number = Int(text) else {
            throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return number
    }

    private static let field = "resourceVersionMatch"

    private func watchProblems(_ wanted: String) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        if sendInitialEvents != nil, match != .notOlderThan {
            causes.append(
                .forbidden(Self.field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        }
        if !wanted.isEmpty {
            if sendInitialEvents == nil {
                causes.append(
                    .forbidden(
                        Self.field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
            }
            if match != .notOlderThan {
                causes.append(.notSupported(Self.field, .string(wanted), ["NotOlderThan"]))
            }
        }
        if !continuation.isEmpty {
            causes.append(.forbidden(Self.field, "resourceVersionMatch is forbidden when continue is provided"))
        }
        return causes
    }

    private func listProblems(_ wanted: String) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        if !wanted.isEmpty {
            if resourceVersion.isEmpty {
                causes.append(
                    .forbidden(Self.field, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
            }
            if !continuation.isEmpty {
                causes.append(.forbidden(Self.field, "resourceVersionMatch is forbidden when continue is provided"))
            }
            if match == nil {
                causes.append(.notSupported(Self.field, .string(wanted), ["Exact", "NotOlderThan", ""]))
            }
            if match == .exact, resourceVersion == "0" {
                causes.append(
                    .forbidden(Self.field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
            }
        }
        if sendInitialEvents != nil {
            causes.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        }
        return causes
    }

    // MARK: What a list is of

    /// The moment that a list shows.
    enum Moment: Sendable, Equatable {
        /// Now, which must not be before the revision (0: any moment).
        case now(notBefore: UInt64)
        /// Exactly then.
        case exactly(UInt64)
    }

    /// The moment of a list without `continue`.
    ///
    /// A limit with a version and no match means that version exactly, as it did before the match was invented.
    func moment() throws(StatusError) -> Moment {
        guard let revision = try revision(isWatch: false), revision > 0 else { return .now(notBefore: 0) }
        switch match {
        case .exact?: return .exactly(revision)
        case .notOlderThan?: return .now(notBefore: revision)
        case nil: return limit > 0 ? .exactly(revision) : .now(notBefore: revision)
        }
    }

    /// `resourceVersion` as a number; nil when it is not given.
    ///
    /// A watch with nonsense gets a 500 without a reason and a list a 400: that is what clients meet in clusters.
    func revision(isWatch: Bool) throws(StatusError) -> UInt64? {
        guard !resourceVersion.isEmpty else { return nil }
        if let number = UInt64(resourceVersion) { return number }
        let problem =
            "resourceVersion: Invalid value: \"\(resourceVersion)\": strconv.ParseUint: parsing "
            + "\"\(resourceVersion)\": invalid syntax"
        guard isWatch else { throw .badRequest("invalid resource version: " + problem) }
        throw StatusError(code: 500, reason: "", message: problem)
    }
}
