// SPDX-License-Identifier: MIT
package import JSONCoding

/// Everything that the stand-in knows, as one value.
///
/// It changes only by `apply`, so that what was read from the journal and what was done by a request are the same
/// thing.
package struct ForgeState: Sendable {
    package private(set) var sequence: Int64 = 1000
    package private(set) var app: ForgeApp?
    package private(set) var users: [Int64: ForgeUser] = [:]
    package private(set) var repositories: [Int64: ForgeRepository] = [:]
    package private(set) var labels: [Int64: [ForgeLabel]] = [:]
    package private(set) var issues: [IssueKey: ForgeIssue] = [:]
    package private(set) var events: [IssueKey: [ForgeIssueEvent]] = [:]
    package private(set) var comments: [Int64: ForgeComment] = [:]
    package private(set) var reactions: [Int64: ForgeReaction] = [:]
    package private(set) var pulls: [IssueKey: ForgePullRequest] = [:]
    package private(set) var reviews: [Int64: ForgeReview] = [:]
    package private(set) var reviewComments: [Int64: ForgeReviewComment] = [:]
    package private(set) var tokens: [String: ForgeAccessToken] = [:]
    package private(set) var deliveries: [Int64: ForgeDelivery] = [:]

    /// Deliveries that were not tried yet.
    package private(set) var pendingDeliveries: Set<Int64> = []

    /// How many deliveries the log holds; the oldest finished ones leave it.
    private static let deliveryLimit = 1000

    private var commentsByIssue: [IssueKey: [Int64]] = [:]
    private var repositoryIDs: [String: Int64] = [:]
    private var userIDs: [String: Int64] = [:]
    private var userIDsByToken: [String: Int64] = [:]

    /// An empty forge.
    package init() {}

    /// Takes one record in. Records are whole values, so a repeated one changes nothing.
    package mutating func apply(_ record: ForgeRecord) {
        switch record {
        case .sequence(let value): sequence = max(sequence, value)
        case .app(let value): app = value
        case .user(let value):
            users[value.id] = value
            userIDs[value.login.lowercased()] = value.id
            if let digest = value.tokenDigest { userIDsByToken[digest] = value.id }
        case .repository(let value):
            repositories[value.id] = value
            repositoryIDs[value.fullName.lowercased()] = value.id
        case .label(let value): Self.upsert(value, into: &labels[value.repository, default: []]) { $0.id == value.id }
        case .labelRemoved(let id, let repository): labels[repository]?.removeAll { $0.id == id }
        case .issue(let value): issues[value.key] = value
        case .event(let value): Self.upsert(value, into: &events[value.issue, default: []]) { $0.id == value.id }
        case .comment(let value):
            if comments.updateValue(value, forKey: value.id) == nil {
                commentsByIssue[value.issue, default: []].append(value.id)
            }
        case .commentRemoved(let id):
            if let comment = comments.removeValue(forKey: id) { commentsByIssue[comment.issue]?.removeAll { $0 == id } }
        case .reaction(let value): reactions[value.id] = value
        case .reactionRemoved(let id): reactions[id] = nil
        case .pull(let value): pulls[value.key] = value
        case .review(let value): reviews[value.id] = value
        case .reviewComment(let value): reviewComments[value.id] = value
        case .token(let value): tokens[value.digest] = value
        case .delivery(let value): log(value)
        }
    }

    private mutating func log(_ delivery: ForgeDelivery) {
        deliveries[delivery.id] = delivery
        if delivery.outcome == .pending {
            pendingDeliveries.insert(delivery.id)
        } else {
            pendingDeliveries.remove(delivery.id)
        }
        guard deliveries.count > Self.deliveryLimit else { return }
        // Half at a time, so that it is done seldom.
        let finished = deliveries.keys.filter { !pendingDeliveries.contains($0) }.sorted()
        for id in finished.prefix(Self.deliveryLimit / 2) { deliveries[id] = nil }
    }

    private static func upsert<T>(_ value: T, into list: inout [T], where isSame: (T) -> Bool) {
        if let index = list.lastIndex(where: isSame) { list[index] = value } else { list.append(value) }
    }
}

// MARK: Look-ups

extension ForgeState {
    /// The repository of that name; names are case-insensitive, as on GitHub.
    package func repository(owner: String, name: String) -> ForgeRepository? {
        repositoryIDs["\(owner)/\(name)".lowercased()].flatMap { repositories[$0] }
    }

    /// The account of that login; logins are case-insensitive.
    package func user(login: String) -> ForgeUser? {
        userIDs[login.lowercased()].flatMap { users[$0] }
    }

    /// The account whose personal access token has this digest.
    package func user(tokenDigest: String) -> ForgeUser? {
        userIDsByToken[tokenDigest].flatMap { users[$0] }
    }

    /// The comments of one issue, oldest first.
    package func comments(of issue: IssueKey) -> [ForgeComment] {
        (commentsByIssue[issue] ?? []).compactMap { comments[$0] }
    }

    /// The reactions on one thing, oldest first.
    package func reactions(on target: ForgeReaction.Target) -> [ForgeReaction] {
        reactions.values.filter { $0.target == target }.sorted { $0.id < $1.id }
    }

    /// The label of that name; label names are case-insensitive.
    package func label(_ name: String, in repository: Int64) -> ForgeLabel? {
        let wanted = name.lowercased()
        return labels[repository]?.first { $0.name.lowercased() == wanted }
    }

    /// The issues of one repository, newest first.
    package func issues(in repository: Int64) -> [ForgeIssue] {
        issues.values.filter { $0.key.repository == repository }.sorted { $0.key.number > $1.key.number }
    }

    /// The reviews of one pull request, oldest first.
    package func reviews(of pull: IssueKey) -> [ForgeReview] {
        reviews.values.filter { $0.pull == pull }.sorted { $0.id < $1.id }
    }

    /// The line comments of one pull request, oldest first.
    package func reviewComments(of pull: IssueKey) -> [ForgeReviewComment] {
        reviewComments.values.filter { $0.pull == pull }.sorted { $0.id < $1.id }
    }

    /// The fewest records that make this state again; `keepingDeliveries` bounds the delivery log.
    package func records(keepingDeliveries limit: Int, at now: Timestamp) -> [ForgeRecord] {
        var records: [ForgeRecord] = [.sequence(sequence)]
        if let app { records.append(.app(app)) }
        records += users.values.sorted { $0.id < $1.id }.map(ForgeRecord.user)
        records += repositories.values.sorted { $0.id < $1.id }.map(ForgeRecord.repository)
        records += labels.values.joined().map(ForgeRecord.label)
        records += issues.values.sorted { $0.id < $1.id }.map(ForgeRecord.issue)
        records += events.values.joined().sorted { $0.id < $1.id }.map(ForgeRecord.event)
        records += comments.values.sorted { $0.id < $1.id }.map(ForgeRecord.comment)
        records += reactions.values.sorted { $0.id < $1.id }.map(ForgeRecord.reaction)
        records += pulls.values.sorted { $0.id < $1.id }.map(ForgeRecord.pull)
        records += reviews.values.sorted { $0.id < $1.id }.map(ForgeRecord.review)
        records += reviewComments.values.sorted { $0.id < $1.id }.map(ForgeRecord.reviewComment)
        records += tokens.values.filter { $0.expiresAt > now }.map(ForgeRecord.token)
        let log = deliveries.values.sorted { $0.id < $1.id }
        let kept = log.suffix(limit)
        records += log.dropLast(kept.count).filter { $0.outcome == .pending }.map(ForgeRecord.delivery)
        records += kept.map(ForgeRecord.delivery)
        return records
    }
}
