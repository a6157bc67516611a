// SPDX-License-Identifier: MIT

/// The times of an election over a lease. The defaults are those of every Kubernetes component.
package struct ElectionTiming: Sendable, Hashable {
    /// How long others leave a lease alone after the last renewal that they saw.
    package var leaseDuration: Duration
    /// How long a leader goes on after the start of its last renewal; then it stops writing and ends.
    package var renewDeadline: Duration
    /// The time between renewals, and the least time between the tries of those that wait.
    package var retryPeriod: Duration

    /// Times; 15, 10 and 2 seconds when not said otherwise.
    package init(
        leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) {
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }

    /// How much longer than the retry period a try to take the lease may wait, so that candidates do not try in step.
    static let jitter = 1.2

    /// How long one request about the lease may take: two of them fit into the time of a renewal.
    package var requestTimeout: Duration { max(.seconds(1), renewDeadline / 2) }

    /// How long a candidate waits between two looks at the lease.
    ///
    /// - Parameter random: from 0 to 1.
    func candidateDelay(random: Double) -> Duration {
        .milliseconds((retryPeriod / .milliseconds(1) * (1 + random * Self.jitter)).rounded())
    }

    /// Why two could lead at once, or nobody for long, with these times; nil when they are sound.
    package var problem: String? {
        if retryPeriod <= .zero { return "the retry period (\(retryPeriod)) has to be more than nothing" }
        if leaseDuration < .seconds(1) { return "the lease duration (\(leaseDuration)) is less than a second" }
        if leaseDuration <= renewDeadline {
            return "the lease duration (\(leaseDuration)) has to be longer than the renew deadline (\(renewDeadline)), "
                + "or a new leader starts before the old one has stopped"
        }
        if renewDeadline <= retryPeriod * Self.jitter {
            return "the renew deadline (\(renewDeadline)) has to be longer than \(Self.jitter) retry periods "
                + "(\(retryPeriod)), or one slow answer ends the lead"
        }
        return nil
    }
}
