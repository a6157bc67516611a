// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// What a process remembers of a run's pod. Nothing depends on it but how soon something is said: a restart forgets it.
struct PodMemory {
    /// How often the pod's report is looked at; a status is written no more often for it.
    static let lookInterval = Duration.seconds(10)

    /// When its report was last looked at.
    private var lookedAt: Timestamp?
    /// When it was last asked what holds it up.
    private var askedAt: Timestamp?
    /// When its report could not be read last.
    private(set) var deafUntil: Timestamp?
    /// The pod, and why its container does not start.
    private var trouble: (pod: String, trouble: StartTrouble)?
    /// The Job whose agent is known to have begun.
    private var begun: String?

    /// Whether the report may be looked at now; if so, the look is taken.
    mutating func takeLook(at now: Timestamp) -> Bool {
        if let lookedAt, lookedAt <= now, now.since(lookedAt) < Self.lookInterval { return false }
        lookedAt = now
        return true
    }

    /// Whether it may be asked now what holds the pod up; if so, the question is asked.
    mutating func takeQuestion(at now: Timestamp) -> Bool {
        if let askedAt, askedAt <= now, now.since(askedAt) < Self.lookInterval { return false }
        askedAt = now
        return true
    }

    /// Notes that the report could not be read.
    mutating func noteDeaf(at now: Timestamp) { deafUntil = now }

    /// What is wrong with the start of a pod, from what was seen of it before and is seen now.
    mutating func trouble(of pod: Pod?, at now: Timestamp) -> StartTrouble? {
        let before = trouble.flatMap { $0.pod == pod?.metadata.uid ? $0.trouble : nil }
        let seen = StartTrouble.observe(pod, before: before, now: now)
        trouble = seen.flatMap { seen in pod.map { ($0.metadata.uid, seen) } }
        return seen
    }

    /// Whether it is news that the agent of a Job has begun.
    func isBeginning(_ job: String) -> Bool { begun != job }

    /// Notes that it is known.
    mutating func noteBegun(_ job: String) { begun = job }
}
