// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
package import ServiceRuntime
import Synchronization

/// Remembers for a moment who has which token, so that a snapshot of many chunks is one question to the API server.
///
/// What is kept is the token's digest, never the token. A run that ended, or a pod that went, is noticed when the
/// answer is too old: ten seconds at most.
package final class CallerCache: CallerReview {
    /// How long an answer is believed.
    package static let lifetime = Duration.seconds(10)
    /// How long a refusal is: short, because a Job that was just made is known to its run a moment later.
    package static let refusalLifetime = Duration.seconds(1)

    private enum Answer: Sendable {
        case caller(RunCaller)
        case refusal(IdentityRefusal)
    }

    private struct Entry {
        let answer: Answer
        let until: Timestamp
    }

    private enum Lookup {
        case known(Answer)
        case asked(Task<Answer, any Error>)
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        /// Questions under way, so that callers at the same time ask once.
        var questions: [[UInt8]: Task<Answer, any Error>] = [:]
    }

    private let review: any CallerReview
    private let capacity: Int
    private let clock: WallClock
    private let state = Mutex(State())

    /// - Parameter capacity: the most answers that are kept.
    package init(_ review: any CallerReview, capacity: Int = 2000, clock: WallClock = .system) {
        self.review = review
        self.capacity = capacity
        self.clock = clock
    }

    /// How many answers are kept.
    package var count: Int { state.withLock { $0.entries.count } }

    package func caller(_ token: Secret<String>) async throws -> RunCaller {
        let key = SHA256.digest(token.reveal())
        let now = clock.now()
        let found = state.withLock { state -> Lookup in
            if let entry = state.entries[key], entry.until > now { return .known(entry.answer) }
            if let question = state.questions[key] { return .asked(question) }
            let question = Task { [review] () throws -> Answer in
                do { return .caller(try await review.caller(token)) } catch let refusal as IdentityRefusal {
                    return .refusal(refusal)
                }
            }
            state.questions[key] = question
            return .asked(question)
        }
        switch found {
        case .known(let answer): return try Self.caller(answer)
        case .asked(let question):
            let result = await question.result
            // The age counts from when it was asked: what changed while the answer was on its way is not in it.
            note(result, key, question, now)
            return try Self.caller(result.get())
        }
    }

    private func note(
        _ result: Result<Answer, any Error>, _ key: [UInt8], _ question: Task<Answer, any Error>, _ asked: Timestamp
    ) {
        state.withLock { state in
            guard state.questions[key] == question else { return }
            state.questions[key] = nil
            guard case .success(let answer) = result else { return }
            let lifetime = if case .caller = answer { Self.lifetime } else { Self.refusalLifetime }
            if state.entries.count >= capacity { state.entries = state.entries.filter { $0.value.until > asked } }
            // Full of answers that still hold: whoever fills it pays with questions, not with our memory.
            if state.entries.count >= capacity { state.entries.removeAll(keepingCapacity: true) }
            state.entries[key] = Entry(answer: answer, until: asked.adding(lifetime))
        }
    }

    private static func caller(_ answer: Answer) throws -> RunCaller {
        switch answer {
        case .caller(let caller): return caller
        case .refusal(let refusal): throw refusal
        }
    }
}
