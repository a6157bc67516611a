// SPDX-License-Identifier: MIT
import JSONCoding

/// What has to be done for a Job, decided from it, its pods and the time alone.
///
/// The rules are those of the batch/v1 documentation ("Jobs", "Pod lifecycle"). Pods carry the tracking finalizer of
/// the real controller, so that one that is deleted in between is still counted: seen ended → its uid into the status →
/// finalizer off → counted.
struct JobPlan: Sendable, Equatable {
    static let trackingFinalizer = "batch.kubernetes.io/job-tracking"

    /// Pods to make.
    var podsToCreate = 0
    /// Names of pods to delete.
    var podsToDelete: [String] = []
    /// Names of pods that are in the new status as ended: off with the finalizer, once that status is written.
    var podsToRelease: [String] = []
    /// The status to write; nil when it is as it should be.
    var status: JSONValue?
    /// The time to live is over.
    var deletesJob = false
    /// When to look again without an event.
    var wakeAt: Timestamp?
    /// Something for people, once: reason and message.
    var event: (reason: String, message: String, isWarning: Bool)?

    static func == (left: JobPlan, right: JobPlan) -> Bool {
        left.podsToCreate == right.podsToCreate && left.podsToDelete == right.podsToDelete
            && left.podsToRelease == right.podsToRelease && left.status == right.status
            && left.deletesJob == right.deletesJob && left.wakeAt == right.wakeAt
            && left.event?.reason == right.event?.reason
    }

    private init() {}

    init(job: JSONValue, pods: [JSONValue], now: Timestamp) {
        var state = JobState(job: job, pods: pods, now: now)
        self = state.decide()
    }

    static let nothing = JobPlan()
}

/// The working state of one decision.
private struct JobState {
    let job: JSONValue
    let pods: [JobPod]
    let now: Timestamp
    var status: JSONValue
    var plan = JobPlan.nothing

    init(job: JSONValue, pods: [JSONValue], now: Timestamp) {
        self.job = job
        self.now = now.wholeSeconds
        status = job["status"] ?? .object([:])
        let replacesOnlyFailed = job.at("spec", "podReplacementPolicy")?.stringValue == "Failed"
        self.pods = pods.map { JobPod($0, replacesOnlyFailed: replacesOnlyFailed) }
    }

    private var parallelism: Int { job.at("spec", "parallelism")?.integerValue.map(Int.init) ?? 1 }
    /// nil means: done as soon as one pod succeeded and the rest ended.
    private var completions: Int? { job.at("spec", "completions")?.integerValue.map(Int.init) }
    private var backoffLimit: Int { job.at("spec", "backoffLimit")?.integerValue.map(Int.init) ?? 6 }
    private var isSuspended: Bool { job.at("spec", "suspend")?.boolValue == true }

    private var active: [JobPod] { pods.filter { !$0.hasEnded && !$0.isTerminating } }
    private var terminating: [JobPod] { pods.filter { !$0.hasEnded && $0.isTerminating } }

    mutating func decide() -> JobPlan {
        if condition("Complete") || condition("Failed") {
            release()
            expire()
            return finish()
        }
        if job.isBeingDeleted {
            release()
            return finish()
        }
        count()
        if !isSuspended, status["startTime"] == nil { status["startTime"] = .string(now.description) }
        if let failure = failure() {
            fail(failure)
        } else if isComplete {
            complete()
        } else if isSuspended {
            suspend()
        } else {
            if condition("Suspended") {
                set("Suspended", "False", reason: "JobResumed", message: "Job resumed")
                status["startTime"] = .string(now.description)
            }
            scale()
        }
        return finish()
    }

    // MARK: Counting

    private func uids(_ kind: String) -> [String] { status.at("uncountedTerminatedPods", kind)?.strings ?? [] }
    private func number(_ key: String) -> Int { Int(status[key]?.integerValue ?? 0) }

    /// Moves ended pods through the two steps of counting.
    private mutating func count() {
        for (kind, key) in [("succeeded", "succeeded"), ("failed", "failed")] {
            var waiting: [String] = []
            for uid in uids(kind) {
                // Without its finalizer, or gone: it cannot be met again, so it is counted now.
                if let pod = pods.first(where: { $0.uid == uid }), pod.isTracked {
                    waiting.append(uid)
                    plan.podsToRelease.append(pod.name)
                } else {
                    status[key] = .integer(Int64(number(key) + 1))
                }
            }
            for pod in pods where pod.isTracked && !waiting.contains(pod.uid) {
                if kind == "failed", pod.isDisrupted, ignoresDisruptions {
                    plan.podsToRelease.append(pod.name)
                    continue
                }
                guard kind == "succeeded" ? pod.hasSucceeded : pod.hasFailed else { continue }
                waiting.append(pod.uid)
                plan.podsToRelease.append(pod.name)
            }
            status.setValue(.array(waiting.map { .string($0) }), at: ["uncountedTerminatedPods", kind])
        }
    }

    /// Whether the first rule that fits a disrupted pod leaves it uncounted, so that it is just replaced.
    private var ignoresDisruptions: Bool {
        let rules = job.at("spec", "podFailurePolicy", "rules")?.arrayValue ?? []
        let rule = rules.first { rule in
            rule["onPodConditions"]?.arrayValue?.contains {
                $0["type"]?.stringValue == "DisruptionTarget" && $0["status"]?.stringValue ?? "True" == "True"
            } ?? false
        }
        return rule?["action"]?.stringValue == "Ignore"
    }

    private var succeeded: Int { number("succeeded") + uids("succeeded").count }
    private var failed: Int { number("failed") + uids("failed").count }

    private var isComplete: Bool {
        if let completions { return succeeded >= completions }
        return succeeded > 0 && active.isEmpty
    }

    /// Why the Job has failed, if it has.
    private func failure() -> (reason: String, message: String)? {
        if let begun = conditionObject("FailureTarget") {
            return (begun["reason"]?.stringValue ?? "", begun["message"]?.stringValue ?? "")
        }
        if let deadline, deadline <= now {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        let restarts = pods.filter { !$0.hasEnded && $0.restartPolicy == "OnFailure" }.reduce(0) { $0 + $1.restarts }
        if failed > backoffLimit || (restarts > 0 && restarts >= max(1, backoffLimit)) {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        return nil
    }

    private var deadline: Timestamp? {
        guard !isSuspended, let seconds = job.at("spec", "activeDeadlineSeconds")?.integerValue,
            let start = status["startTime"]?.stringValue.flatMap({ Timestamp($0) })
        else { return nil }
        return start.adding(.seconds(seconds))
    }

    // MARK: Ends

    private mutating func fail(_ failure: (reason: String, message: String)) {
        set("FailureTarget", "True", reason: failure.reason, message: failure.message)
        stopAll()
        guard active.isEmpty, terminating.isEmpty else { return }
        set("Failed", "True", reason: failure.reason, message: failure.message)
        plan.event = (failure.reason, failure.message, true)
        expire()
    }

    private mutating func complete() {
        set(
            "SuccessCriteriaMet", "True", reason: "CompletionsReached",
            message: "Reached expected number of succeeded pods")
        stopAll()
        guard active.isEmpty, terminating.isEmpty else { return }
        set("Complete", "True", reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
        status["completionTime"] = .string(now.description)
        plan.event = ("Completed", "Job completed", false)
        expire()
    }

    private mutating func suspend() {
        if !condition("Suspended") { set("Suspended", "True", reason: "JobSuspended", message: "Job suspended") }
        status["startTime"] = nil
        stopAll()
    }

    private mutating func stopAll() { plan.podsToDelete = active.map(\.name) }

    /// After the end, everything that still has our finalizer may go.
    private mutating func release() { plan.podsToRelease = pods.filter(\.isTracked).map(\.name) }

    private mutating func expire() {
        guard let ttl = job.at("spec", "ttlSecondsAfterFinished")?.integerValue, !job.isBeingDeleted else { return }
        let end = conditionObject("Complete") ?? conditionObject("Failed")
        guard let finished = end?["lastTransitionTime"]?.stringValue.flatMap({ Timestamp($0) }) else { return }
        let due = finished.adding(.seconds(ttl))
        if due <= now { plan.deletesJob = true } else { wake(due) }
    }

    // MARK: Scaling

    private mutating func scale() {
        if let deadline { wake(deadline) }
        let replacesOnlyFailed = job.at("spec", "podReplacementPolicy")?.stringValue == "Failed"
        let busy = active.count + (replacesOnlyFailed ? terminating.count : 0)
        let open = completions.map { $0 - succeeded } ?? (succeeded > 0 ? 0 : parallelism)
        let wanted = min(parallelism, max(0, open))
        if busy > wanted {
            plan.podsToDelete = active.suffix(min(active.count, busy - wanted)).map(\.name)
        } else if busy < wanted {
            let start = earliestStart()
            if start <= now { plan.podsToCreate = wanted - busy } else { wake(start) }
        }
    }

    /// Failed pods are replaced after 10 s, then twice as long each time, at most 6 min.
    private func earliestStart() -> Timestamp {
        guard failed > 0 else { return now }
        let last = pods.filter(\.hasFailed).compactMap(\.finished).max()
        let delay = min(360, 10 << min(failed - 1, 6))
        return last?.adding(.seconds(delay)) ?? now
    }

    private mutating func wake(_ time: Timestamp) { plan.wakeAt = min(plan.wakeAt ?? time, time) }

    // MARK: Status

    private func conditionObject(_ type: String) -> JSONValue? {
        status["conditions"]?.arrayValue?.first {
            $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True"
        }
    }

    private func condition(_ type: String) -> Bool { conditionObject(type) != nil }

    private mutating func set(_ type: String, _ value: String, reason: String, message: String) {
        var conditions = status["conditions"]?.arrayValue ?? []
        let index = conditions.firstIndex { $0["type"]?.stringValue == type }
        if let index, conditions[index]["status"]?.stringValue == value { return }
        let entry: JSONValue = [
            "type": .string(type), "status": .string(value), "reason": .string(reason), "message": .string(message),
            "lastProbeTime": .string(now.description), "lastTransitionTime": .string(now.description),
        ]
        if let index { conditions[index] = entry } else { conditions.append(entry) }
        status["conditions"] = .array(conditions)
    }

    private mutating func finish() -> JobPlan {
        let isOver = condition("Complete") || condition("Failed")
        for (key, count) in [
            ("active", active.count), ("ready", active.filter(\.isReady).count), ("terminating", terminating.count),
        ] {
            // Kubernetes always shows `ready` and `terminating`, and drops the other counts at zero.
            status[key] = count > 0 || key != "active" ? .integer(Int64(count)) : nil
        }
        if isOver {
            // No pod is met again: those that wait for their finalizer to go are counted with the end itself.
            for kind in ["succeeded", "failed"] where !uids(kind).isEmpty {
                status[kind] = .integer(Int64(number(kind) + uids(kind).count))
            }
            status["uncountedTerminatedPods"] = .object([:])
        }
        if status != job["status"] ?? .object([:]) { plan.status = status }
        return plan
    }
}

/// A pod as its Job looks at it.
private struct JobPod {
    let name: String
    let uid: String
    let isTracked: Bool
    let isTerminating: Bool
    let hasSucceeded: Bool
    let hasFailed: Bool
    /// It failed because its node, or somebody with the right to evict, ended it.
    let isDisrupted: Bool
    /// Its containers do not run any more.
    let hasEnded: Bool
    let isReady: Bool
    let restartPolicy: String
    let restarts: Int
    let finished: Timestamp?

    init(_ pod: JSONValue, replacesOnlyFailed: Bool) {
        name = pod.name
        uid = pod.uid
        isTracked = pod.finalizers.contains(JobPlan.trackingFinalizer)
        isTerminating = pod.isBeingDeleted
        let phase = pod.at("status", "phase")?.stringValue
        hasEnded = phase == "Succeeded" || phase == "Failed"
        hasSucceeded = phase == "Succeeded"
        hasFailed = phase == "Failed" || (!replacesOnlyFailed && pod.isBeingDeleted && phase != "Succeeded")
        isDisrupted =
            phase == "Failed"
            && (pod.at("status", "conditions")?.arrayValue?.contains {
                $0["type"]?.stringValue == "DisruptionTarget" && $0["status"]?.stringValue == "True"
            } ?? false)
        isReady =
            pod.at("status", "conditions")?.arrayValue?.contains {
                $0["type"]?.stringValue == "Ready" && $0["status"]?.stringValue == "True"
            } ?? false
        restartPolicy = pod.at("spec", "restartPolicy")?.stringValue ?? "Always"
        let statuses = pod.at("status", "containerStatuses")?.arrayValue ?? []
        restarts = statuses.reduce(0) { $0 + Int($1["restartCount"]?.integerValue ?? 0) }
        let ends = statuses.compactMap { $0.at("state", "terminated", "finishedAt")?.stringValue }
        finished =
            ends.compactMap { Timestamp($0) }.max()
            ?? pod.meta("deletionTimestamp")?.stringValue.flatMap { Timestamp($0) }
    }
}
