// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// Decides which events are written, and merges those that say the same. Pure.
///
/// Events are for people: what is lost under a storm is the hundredth repetition. Repetitions count one event up; many
/// different messages for one reason become one that says so; and each object has a budget, so that no loop can fill
/// the cluster's storage.
struct EventCorrelator: Sendable {
    /// What somebody wants to tell.
    struct Note: Sendable, Hashable {
        var object: ObjectReference
        var isWarning: Bool
        var reason: String
        var message: String
        var action: String
    }

    /// What to write.
    enum Decision: Sendable, Hashable {
        case create(Note, sequence: Int)
        /// The event of this sequence number, seen so often by now.
        case update(Note, sequence: Int, count: Int, first: Timestamp)
        case drop
    }

    private struct Group: Hashable {
        var uid: String
        var name: String
        var isWarning: Bool
        var reason: String
        var action: String
    }

    private struct Seen {
        var sequence: Int
        var count: Int
        var first: Timestamp
        var last: Timestamp
    }

    private struct GroupState {
        var messages: [String: Seen] = [:]
        var last: Timestamp
    }

    private struct Budget {
        var tokens: Double
        var at: Timestamp
    }

    private var groups: [Group: GroupState] = [:]
    private var budgets: [String: Budget] = [:]
    private var lastSequence = 0

    /// Different messages of one reason before they are merged.
    static let maximumMessages = 10
    /// Writes an object has at once, and seconds until one more.
    static let burst = 25.0
    static let refillSeconds = 300.0
    /// After so many seconds of silence a series is over.
    static let seriesSeconds = 600
    /// Objects that are remembered.
    static let maximumGroups = 4096

    mutating func decide(_ note: Note, now: Timestamp) -> Decision {
        expire(now: now)
        guard spend(note.object.uid ?? "", now: now) else {
            // Counted all the same, so that the next write tells the truth.
            _ = count(note, now: now)
            return .drop
        }
        return count(note, now: now)
    }

    private mutating func count(_ note: Note, now: Timestamp) -> Decision {
        var note = note
        let object = note.object
        let group = Group(
            uid: object.uid ?? "", name: object.name ?? "", isWarning: note.isWarning, reason: note.reason,
            action: note.action)
        var state = groups[group] ?? GroupState(last: now)
        state.last = now
        if state.messages[note.message] == nil, state.messages.count >= Self.maximumMessages {
            note.message = "(several events with this reason and different messages)"
        }
        defer { groups[group] = state }
        if var seen = state.messages[note.message] {
            seen.count += 1
            seen.last = now
            state.messages[note.message] = seen
            return .update(note, sequence: seen.sequence, count: seen.count, first: seen.first)
        }
        lastSequence += 1
        state.messages[note.message] = Seen(sequence: lastSequence, count: 1, first: now, last: now)
        return .create(note, sequence: lastSequence)
    }

    private mutating func spend(_ uid: String, now: Timestamp) -> Bool {
        var budget = budgets[uid] ?? Budget(tokens: Self.burst, at: now)
        let elapsed = max(0, now.since(budget.at) / .seconds(1))
        budget.tokens = min(Self.burst, budget.tokens + elapsed / Self.refillSeconds)
        budget.at = now
        defer { budgets[uid] = budget }
        guard budget.tokens >= 1 else { return false }
        budget.tokens -= 1
        return true
    }

    /// Keeps memory bounded: what was silent for long goes, and under a storm of objects everything does.
    private mutating func expire(now: Timestamp) {
        guard groups.count > Self.maximumGroups || budgets.count > Self.maximumGroups else { return }
        groups = groups.filter { now.since($0.value.last) < .seconds(Self.seriesSeconds) }
        budgets = budgets.filter { now.since($0.value.at) < .seconds(Self.seriesSeconds) }
        if groups.count > Self.maximumGroups { groups = [:] }
        if budgets.count > Self.maximumGroups { budgets = [:] }
    }
}
