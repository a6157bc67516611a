// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import Synchronization

/// Remembers for a minute which Job and run a pod belongs to.
///
/// The two change only with the pod: a Job's labels and a pod's owner are what the controller made them. That the pod
/// is still there is the token review's to say, and that the run goes on with this Job is the run's; both are asked
/// each time. What is remembered is used for a yes alone: before a no, everything is asked anew.
final class StandingMemory: Sendable {
    /// How long a pod's standing is believed.
    static let lifetime = Duration.seconds(60)

    private struct Entry {
        let pod: Pod
        let claim: RunIdentity.Claim
        let until: Timestamp
    }

    private let capacity: Int
    private let clock: WallClock
    private let entries = Mutex<[RunIdentity.Bearer: Entry]>([:])

    init(capacity: Int, clock: WallClock) {
        self.capacity = capacity
        self.clock = clock
    }

    func standing(of bearer: RunIdentity.Bearer) -> (pod: Pod, claim: RunIdentity.Claim)? {
        let now = clock.now()
        return entries.withLock { entries in
            guard let entry = entries[bearer], entry.until > now else { return nil }
            return (entry.pod, entry.claim)
        }
    }

    /// - Parameter asked: when the questions began, since what changed meanwhile is not in the answers.
    func keep(_ pod: Pod, _ claim: RunIdentity.Claim, of bearer: RunIdentity.Bearer, asked: Timestamp) {
        // A pod or a Job that is about to end is looked at each time.
        guard claim.isAtWork, pod.metadata.deletionTimestamp == nil else { return }
        entries.withLock { entries in
            if entries.count >= capacity { entries = entries.filter { $0.value.until > asked } }
            if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
            entries[bearer] = Entry(pod: pod, claim: claim, until: asked.adding(Self.lifetime))
        }
    }

    func forget(_ bearer: RunIdentity.Bearer) { entries.withLock { $0[bearer] = nil } }
}
