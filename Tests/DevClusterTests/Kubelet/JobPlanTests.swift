// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

/// Decisions about Jobs, without a store.
@Suite
struct JobPlanTests {
    static let start = Timestamp(microseconds: 1_000_000_000_000)

    static func job(_ spec: JSONObject = [:], status: JSONObject = [:], meta: JSONObject = [:]) -> JSONValue {
        var metadata: JSONObject = ["name": "j", "namespace": "n", "uid": "u"]
        for (key, value) in meta { metadata[key] = value }
        var full: JSONObject = ["backoffLimit": 0, "parallelism": 1, "completions": 1]
        for (key, value) in spec { full[key] = value }
        return ["metadata": .object(metadata), "spec": .object(full), "status": .object(status)]
    }

    static func pod(_ name: String, _ phase: String, tracked: Bool = true, deleted: Bool = false) -> JSONValue {
        var metadata: JSONObject = ["name": .string(name), "uid": .string("uid-\(name)")]
        if tracked { metadata["finalizers"] = [.string(JobPlan.trackingFinalizer)] }
        if deleted { metadata["deletionTimestamp"] = .string(start.description) }
        return [
            "metadata": .object(metadata),
            "status": [
                "phase": .string(phase),
                "containerStatuses": [["state": ["terminated": ["finishedAt": .string(start.description)]]]],
            ],
        ]
    }

    static func plan(_ job: JSONValue, _ pods: [JSONValue] = [], after seconds: Int = 0) -> JobPlan {
        JobPlan(job: job, pods: pods, now: start.adding(.seconds(seconds)))
    }

    static func condition(_ type: String, _ plan: JobPlan) -> String? {
        let list = plan.status?["conditions"]?.arrayValue
        return list?.first { $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True" }?["reason"]?
            .stringValue
    }

    @Test func aNewJobGetsAPodAndAStartTime() {
        let plan = Self.plan(Self.job())
        #expect(plan.podsToCreate == 1)
        #expect(plan.status?["startTime"]?.stringValue == Self.start.description)
    }

    @Test(arguments: ["Pending", "Running"]) func whileItsPodRunsNothingIsMade(phase: String) {
        let plan = Self.plan(Self.job(), [Self.pod("a", phase)])
        #expect(plan.podsToCreate == 0)
        #expect(plan.status?["active"]?.integerValue == 1)
    }

    @Test func countingTakesTwoSteps() {
        let first = Self.plan(Self.job(["completions": 2]), [Self.pod("a", "Succeeded")])
        #expect(first.podsToRelease == ["a"])
        #expect(first.status?.at("uncountedTerminatedPods", "succeeded")?.strings == ["uid-a"])
        #expect(first.status?["succeeded"] == nil)
        #expect(first.podsToCreate == 1)
        var job = Self.job(["completions": 2])
        job["status"] = first.status
        let second = Self.plan(job, [Self.pod("a", "Succeeded", tracked: false), Self.pod("b", "Running")])
        #expect(second.status?["succeeded"]?.integerValue == 1)
        #expect(second.status?.at("uncountedTerminatedPods", "succeeded")?.strings == [])
        #expect(second.podsToRelease.isEmpty)
    }

    @Test func aPodThatVanishedWhileItWasCountedIsCountedOnce() {
        let status: JSONObject = [
            "uncountedTerminatedPods": ["failed": ["uid-a"], "succeeded": []],
            "startTime": .string(Self.start.description),
        ]
        let plan = Self.plan(Self.job(["backoffLimit": 3], status: status), [], after: 100)
        #expect(plan.status?["failed"]?.integerValue == 1)
        #expect(plan.podsToCreate == 1)
    }

    @Test func theEndCountsEverything() {
        let plan = Self.plan(Self.job(), [Self.pod("a", "Succeeded")])
        #expect(Self.condition("Complete", plan) == "CompletionsReached")
        #expect(plan.status?["succeeded"]?.integerValue == 1)
        #expect(plan.status?["completionTime"] != nil)
        #expect(plan.podsToRelease == ["a"])
    }

    @Test func failureWaitsForTheLastPod() {
        let job = Self.job(["parallelism": 2, "completions": 2])
        let plan = Self.plan(job, [Self.pod("a", "Failed"), Self.pod("b", "Running")])
        #expect(Self.condition("FailureTarget", plan) == "BackoffLimitExceeded")
        #expect(Self.condition("Failed", plan) == nil)
        #expect(plan.podsToDelete == ["b"])
        var next = job
        next["status"] = plan.status
        let last = Self.plan(next, [Self.pod("a", "Failed", tracked: false), Self.pod("b", "Failed", deleted: true)])
        #expect(Self.condition("Failed", last) == "BackoffLimitExceeded")
        #expect(last.status?["failed"]?.integerValue == 2)
    }

    @Test(arguments: [(1, 10), (2, 20), (3, 40), (9, 360)])
    func retriesWaitLongerEachTime(failures: Int, seconds: Int) {
        let status: JSONObject = ["failed": .integer(Int64(failures)), "startTime": .string(Self.start.description)]
        let job = Self.job(["backoffLimit": 20], status: status)
        let pods = [Self.pod("a", "Failed", tracked: false)]
        let early = Self.plan(job, pods, after: seconds - 1)
        #expect(early.podsToCreate == 0)
        #expect(early.wakeAt == Self.start.adding(.seconds(seconds)))
        #expect(Self.plan(job, pods, after: seconds).podsToCreate == 1)
    }

    @Test(arguments: [("Ignore", true), ("Count", false), ("FailJob", false)])
    func aPodThatItsNodeLostIsReplacedWhereTheJobSaysSo(action: String, isReplaced: Bool) {
        let rule: JSONValue = [
            "action": .string(action), "onPodConditions": [["type": "DisruptionTarget", "status": "True"]],
        ]
        let job = Self.job(["podFailurePolicy": ["rules": [rule]]])
        var lost = Self.pod("a", "Failed")
        lost.setValue([["type": "DisruptionTarget", "status": "True"]], at: ["status", "conditions"])
        let plan = Self.plan(job, [lost])
        #expect(plan.podsToRelease == ["a"])
        #expect((plan.podsToCreate == 1) == isReplaced)
        #expect((Self.condition("Failed", plan) == nil) == isReplaced)
        // A failure of its own counts whatever is said of disruptions.
        #expect(Self.condition("Failed", Self.plan(job, [Self.pod("b", "Failed")])) == "BackoffLimitExceeded")
    }

    @Test func deadlineCountsFromTheStart() {
        let job = Self.job(["activeDeadlineSeconds": 60], status: ["startTime": .string(Self.start.description)])
        let pods = [Self.pod("a", "Running")]
        let before = Self.plan(job, pods, after: 59)
        #expect(before.wakeAt == Self.start.adding(.seconds(60)))
        #expect(before.podsToDelete.isEmpty)
        let after = Self.plan(job, pods, after: 60)
        #expect(after.podsToDelete == ["a"])
        #expect(Self.condition("FailureTarget", after) == "DeadlineExceeded")
    }

    @Test(arguments: [("TerminatingOrFailed", 1), ("Failed", 0)])
    func replacementOfADeletedPod(policy: String, created: Int) {
        let job = Self.job(
            ["backoffLimit": 5, "podReplacementPolicy": .string(policy)],
            status: ["startTime": .string(Self.start.description)])
        let plan = Self.plan(job, [Self.pod("a", "Running", deleted: true)], after: 20)
        #expect(plan.podsToCreate == created)
    }

    @Test func suspensionStopsPodsAndTheClock() {
        let job = Self.job(
            ["suspend": true, "activeDeadlineSeconds": 1], status: ["startTime": .string(Self.start.description)])
        let plan = Self.plan(job, [Self.pod("a", "Running")], after: 100)
        #expect(plan.podsToDelete == ["a"])
        #expect(Self.condition("Suspended", plan) == "JobSuspended")
        #expect(plan.status?["startTime"] == nil)
    }

    @Test func timeToLiveCountsFromTheEnd() {
        let end: JSONValue = [
            "type": "Complete", "status": "True", "lastTransitionTime": .string(Self.start.description),
        ]
        let job = Self.job(["ttlSecondsAfterFinished": 30], status: ["conditions": [end]])
        #expect(Self.plan(job, after: 29).deletesJob == false)
        #expect(Self.plan(job, after: 29).wakeAt == Self.start.adding(.seconds(30)))
        #expect(Self.plan(job, after: 30).deletesJob)
        let going = Self.job(
            ["ttlSecondsAfterFinished": 0], status: ["conditions": [end]],
            meta: ["deletionTimestamp": .string(Self.start.description)])
        #expect(!Self.plan(going, after: 30).deletesJob)
    }

    @Test func whatIsAsItShouldBeIsNotWritten() {
        let first = Self.plan(Self.job(), [Self.pod("a", "Running")])
        var job = Self.job()
        job["status"] = first.status
        #expect(Self.plan(job, [Self.pod("a", "Running")], after: 5).status == nil)
    }
}
