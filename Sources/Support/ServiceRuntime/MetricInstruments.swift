// SPDX-License-Identifier: MIT
import Synchronization

/// A number that only grows, such as requests served.
package final class Counter: Sendable {
    private let storage = Mutex<Double>(0)

    /// Adds to the count.
    package func increment(by amount: Double = 1) {
        precondition(amount >= 0, "a counter never falls")
        storage.withLock { $0 += amount }
    }

    /// The count so far.
    package var value: Double { storage.withLock { $0 } }
}

/// A number that goes up and down, such as open connections.
package final class Gauge: Sendable {
    private let storage = Mutex<Double>(0)

    /// Replaces the value.
    package func set(_ value: Double) {
        storage.withLock { $0 = value }
    }

    /// Adds to the value; a negative amount subtracts.
    package func add(_ amount: Double) {
        storage.withLock { $0 += amount }
    }

    /// The current value.
    package var value: Double { storage.withLock { $0 } }
}

/// How observations are spread, such as the latency of a request.
package final class Histogram: Sendable {
    /// The usual latencies of a service, in seconds, from one millisecond to half a minute.
    package static let secondsBuckets: [Double] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    /// A consistent reading.
    struct Snapshot {
        /// Observations a bucket, not cumulative; the last is the one without a bound.
        var counts: [Int]
        var sum: Double
    }

    /// The upper bounds, ascending; a last bucket without a bound is implied.
    let buckets: [Double]
    private let storage: Mutex<Snapshot>

    init(buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "buckets must ascend")
        self.buckets = buckets.filter { $0.isFinite }
        storage = Mutex(Snapshot(counts: Array(repeating: 0, count: self.buckets.count + 1), sum: 0))
    }

    /// Records one observation.
    package func observe(_ value: Double) {
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        storage.withLock { snapshot in
            snapshot.counts[index] += 1
            snapshot.sum += value
        }
    }

    /// Records a duration in seconds, the unit that Prometheus expects.
    package func observe(_ duration: Duration) {
        observe(duration / .seconds(1))
    }

    /// The number of observations so far.
    package var count: Int { storage.withLock { $0.counts.reduce(0, +) } }

    /// Counts and sum, read together.
    var snapshot: Snapshot { storage.withLock { $0 } }
}
