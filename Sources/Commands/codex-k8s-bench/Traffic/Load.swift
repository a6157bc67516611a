// SPDX-License-Identifier: MIT
import Synchronization

/// Sends as fast as answers come, or at a rate, over a number of connections for a time.
struct Load {
    let connections: Int
    let duration: Duration
    /// Requests a second; nil for as many as go.
    var rate: Double?
    /// The first request's number.
    var firstNumber = 1

    struct Result: Sendable {
        /// The numbers of the requests that were accepted.
        var numbers: [Int]
        var failures: Int
        /// Of accepted requests. At a rate, from the time when the request was due, so that a stall counts for all
        /// that waited behind it.
        var latencies: Latencies
        var seconds: Double
    }

    /// - Parameter send: sends the request of that number and says whether it was accepted.
    func run(_ send: @escaping @Sendable (Int) async throws -> Bool) async throws -> Result {
        let counter = Counter()
        let start = ContinuousClock.now
        let end = start + duration
        let parts = try await withThrowingTaskGroup(of: ([(Int, Duration)], Int).self) { group in
            for _ in 0..<connections {
                group.addTask { [rate, firstNumber, counter] in
                    var accepted: [(Int, Duration)] = []
                    var failures = 0
                    while true {
                        let index = counter.next()
                        var due = ContinuousClock.now
                        if let rate {
                            due = start + .seconds(Double(index) / rate)
                            if due > .now { try await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
                        }
                        guard due < end else { return (accepted, failures) }
                        if try await send(firstNumber + index) {
                            accepted.append((firstNumber + index, .now - due))
                        } else {
                            failures += 1
                        }
                    }
                }
            }
            var all: [([(Int, Duration)], Int)] = []
            for try await part in group { all.append(part) }
            return all
        }
        let accepted = parts.flatMap(\.0)
        return Result(
            numbers: accepted.map(\.0), failures: parts.reduce(0) { $0 + $1.1 }, latencies: Latencies(accepted.map(\.1)),
            seconds: (ContinuousClock.now - start).seconds)
    }
}

/// Numbers from 0 up, each given once.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
