// SPDX-License-Identifier: MIT
import AuditTrail
import HTTPTypes
import JSONCoding
import KubernetesClient
import SourceProvider
import Synchronization

/// A clock that goes when it is told to, for controllers and cluster alike.
final class WalkClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_795_000_000_000_000))
    var now: Timestamp { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0.adding(duration) } }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What goes wrong around a process of the controllers: it stops before its next effect, the code host or the database
/// is away, an answer is lost. Everything through which the controllers have an effect asks here.
final class WalkWeather: WriteGuard {
    struct State {
        /// How many effects the process still has before it stops; nil for any number.
        var effectsLeft: Int?
        /// How many of the next requests to the API server that change something are refused.
        var refusedWrites = 0
        /// How many of the next calls to the code host fail before their effect.
        var hostFailures = 0
        /// How many of the next changes at the code host are made without an answer.
        var lostAnswers = 0
        /// Until when the code host takes no requests.
        var limitedUntil: Timestamp?
        /// How many of the next calls to the database fail.
        var recordFailures = 0
        /// How many things were changed, by name.
        var effects: [String] = []
    }

    private let state = Mutex(State())
    private let clock: WalkClock

    init(clock: WalkClock) { self.clock = clock }

    var now: State { state.withLock { $0 } }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    /// Nothing goes wrong any more.
    func calm() { state.withLock { $0 = State(effects: $0.effects) } }

    /// Whether the process has stopped.
    var isDead: Bool { state.withLock { $0.effectsLeft.map { $0 <= 0 } ?? false } }
    var effects: Int { state.withLock { $0.effects.count } }
    func effects(since start: Int) -> [String] { state.withLock { Array($0.effects.dropFirst(start)) } }

    /// Notes an effect that is about to happen; false where the process has stopped.
    private func begin(_ effect: String) -> Bool {
        state.withLock { state in
            if let left = state.effectsLeft {
                guard left > 0 else { return false }
                state.effectsLeft = left - 1
            }
            state.effects.append(effect)
            return true
        }
    }

    // MARK: API server

    func checkWrite() throws(APIError) {
        let isRefused = state.withLock { state in
            guard state.refusedWrites > 0 else { return false }
            state.refusedWrites -= 1
            return true
        }
        if isRefused { throw APIError(reason: .internalError, message: "etcd has no leader") }
        guard begin("api") else { throw APIError(reason: .notLeading, message: "the process has stopped") }
    }

    // MARK: Code host

    /// Fails as the code host would.
    func read(_ call: String) throws(ProviderError) {
        let now = clock.now
        let error = state.withLock { state -> ProviderError? in
            if let left = state.effectsLeft, left <= 0 {
                return ProviderError(code: .unavailable, request: call, message: "the process has stopped")
            }
            if let until = state.limitedUntil, until > now {
                return ProviderError(code: .rateLimited(until: until), request: call, message: "secondary rate limit")
            }
            if state.hostFailures > 0 {
                state.hostFailures -= 1
                return ProviderError(code: .unavailable, request: call, message: "502")
            }
            return nil
        }
        if let error { throw error }
    }

    /// Makes a change at the code host, and perhaps loses the answer.
    func write<T>(_ call: String, _ body: () throws(ProviderError) -> T) throws(ProviderError) -> T {
        try read(call)
        guard begin(call) else { throw ProviderError(code: .unavailable, request: call, message: "stopped") }
        let result = try body()
        let isLost = state.withLock { state in
            guard state.lostAnswers > 0 else { return false }
            state.lostAnswers -= 1
            return true
        }
        if isLost { throw ProviderError(code: .unavailable, request: call, message: "the answer was lost") }
        return result
    }

    // MARK: Database

    func database(_ effect: String?) throws(AuditError) {
        let isAway = state.withLock { state in
            guard state.recordFailures > 0 else { return false }
            state.recordFailures -= 1
            return true
        }
        if isAway { throw AuditError(isTransient: true, description: "the database is away") }
        if isDead { throw AuditError(isTransient: true, description: "the process has stopped") }
        if let effect, !begin(effect) { throw AuditError(isTransient: true, description: "the process has stopped") }
    }
}
