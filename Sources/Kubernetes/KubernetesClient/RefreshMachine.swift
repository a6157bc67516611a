// SPDX-License-Identifier: MIT

/// Decides when a value is used, fetched again, or missing: no clock, no lock, no effect.
struct RefreshMachine<Value: Sendable> {
    /// What somebody who needs the value does.
    enum Demand {
        case use(Refreshed<Value>.Version, startsFetch: Bool)
        case wait(startsFetch: Bool)
        case fail(APIError)
    }

    /// What somebody does whose value was refused.
    enum Refusal {
        case changed, unchanged
        case wait(startsFetch: Bool)
    }

    private typealias Instant = ContinuousClock.Instant

    /// The longest time between attempts that fail.
    static var longestPause: Duration { .seconds(30) }

    private let renewalInterval: Duration
    private let isSame: @Sendable (Value, Value) -> Bool
    private var version: Refreshed<Value>.Version?
    private var freshUntil: Instant?
    private var validUntil: Instant?
    /// Whether a fetch is under way.
    private(set) var isFetching = false
    /// The version that a server refused while it is not known whether there is a better one.
    private var refused: Int?
    /// Until when another refusal is no reason to fetch again.
    private var noRenewalUntil: Instant?
    private var failure: (error: APIError, retryAt: Instant)?
    private var failures = 0

    init(renewalInterval: Duration, isSame: @escaping @Sendable (Value, Value) -> Bool) {
        self.renewalInterval = renewalInterval
        self.isSame = isSame
    }

    mutating func demand(now: ContinuousClock.Instant) -> Demand {
        if let version, refused != version.number, validUntil.map({ now < $0 }) ?? true {
            if let freshUntil, now < freshUntil { return .use(version, startsFetch: false) }
            if let failure, now < failure.retryAt { return .use(version, startsFetch: false) }
            // What has an end of its own is renewed beside its last use. What has none costs next to nothing to read,
            // and is waited for, so that nothing old is used after its time.
            if validUntil != nil { return .use(version, startsFetch: beginFetch()) }
            return .wait(startsFetch: beginFetch())
        }
        if isFetching { return .wait(startsFetch: false) }
        if let failure, now < failure.retryAt { return .fail(failure.error) }
        return .wait(startsFetch: beginFetch())
    }

    mutating func refuse(_ number: Int, now: ContinuousClock.Instant) -> Refusal {
        guard let version, version.number == number else { return version == nil ? .unchanged : .changed }
        if refused == number || isFetching {
            refused = number
            return .wait(startsFetch: beginFetch())
        }
        if let noRenewalUntil, now < noRenewalUntil { return .unchanged }
        noRenewalUntil = now + renewalInterval
        refused = number
        return .wait(startsFetch: beginFetch())
    }

    mutating func fetched(_ result: Result<Refreshed<Value>.Fetched, APIError>, now: ContinuousClock.Instant) {
        isFetching = false
        // The same one again: the server is asked about it once more rather than nobody any more.
        refused = nil
        switch result {
        case .success(let fetched):
            if let known = version, isSame(known.value, fetched.value) {
                version = .init(value: fetched.value, number: known.number)
            } else {
                version = .init(value: fetched.value, number: (version?.number ?? 0) + 1)
                noRenewalUntil = nil
            }
            freshUntil = now + fetched.freshFor
            validUntil = fetched.validFor.map { now + $0 }
            failure = nil
            failures = 0
        case .failure(let error):
            failure = (error, now + min(.seconds(1) * (1 << min(failures, 5)), Self.longestPause))
            failures += 1
        }
    }

    /// Whether the caller is the one to fetch.
    private mutating func beginFetch() -> Bool {
        if isFetching { return false }
        isFetching = true
        return true
    }
}
