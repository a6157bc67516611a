// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct ConsistencyMachineTests {
    private typealias Target = ConsistencyMachine.Target

    private let key = ObjectKey(namespace: "ns", name: "owner")
    private let pods = ConsistencyMachine.Target(type: .pod)
    private let jobs = ConsistencyMachine.Target(type: .job)

    /// Caches at these versions.
    private final class Caches {
        var progress: [ConsistencyMachine.Target: CacheProgress] = [:]

        subscript(target: ConsistencyMachine.Target) -> String? {
            get { progress[target]?.resourceVersion?.text }
            set {
                let epoch = progress[target]?.epoch ?? 0
                progress[target] = CacheProgress(resourceVersion: newValue.flatMap { ResourceVersion($0) }, epoch: epoch)
            }
        }
    }

    private func write(
        _ machine: inout ConsistencyMachine, _ caches: Caches, to target: ConsistencyMachine.Target, _ version: String,
        uid: String = "u1"
    ) throws {
        machine.recordWrite(
            for: key, to: target, version: try #require(ResourceVersion(version)), uid: uid,
            progress: { caches.progress[$0] })
    }

    private func waits(_ machine: inout ConsistencyMachine, _ caches: Caches) -> ConsistencyMachine.Target? {
        machine.blocker(for: key, progress: { caches.progress[$0] })?.target
    }

    @Test func `a key waits until the cache has passed the newest write, and is forgotten then`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "10"
        #expect(waits(&machine, caches) == nil)
        try write(&machine, caches, to: pods, "12")
        try write(&machine, caches, to: pods, "15")
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "14"
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "15"
        #expect(waits(&machine, caches) == nil)
        #expect(machine.count == 0)
    }

    @Test func `an answer that comes late never lowers anything`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "10"
        try write(&machine, caches, to: pods, "20")
        try write(&machine, caches, to: pods, "13")
        caches[pods] = "13"
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "30"
        #expect(waits(&machine, caches) == nil)
        // The answer to a write whose event has been seen.
        try write(&machine, caches, to: pods, "25")
        #expect(machine.count == 0)
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `versions of any length are compared as numbers`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "9"
        try write(&machine, caches, to: pods, "10")
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "100"
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `every resource that was written is waited for, in a fixed order`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "1"
        caches[jobs] = "1"
        try write(&machine, caches, to: pods, "5")
        try write(&machine, caches, to: jobs, "6")
        #expect(waits(&machine, caches) == jobs)
        caches[jobs] = "6"
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "6"
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `a namesake of the key waits for nothing that was written for the one before`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "1"
        caches[jobs] = "1"
        try write(&machine, caches, to: pods, "50", uid: "old")
        try write(&machine, caches, to: jobs, "3", uid: "new")
        caches[jobs] = "3"
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `an object that is gone waits for nothing`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "1"
        try write(&machine, caches, to: pods, "50")
        machine.clear(key)
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `what no cache follows is not waited for`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        try write(&machine, caches, to: pods, "5")
        #expect(waits(&machine, caches) == nil)
        #expect(machine.count == 0)
    }

    @Test func `a cache that is not filled holds its keys back`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches.progress[pods] = CacheProgress(resourceVersion: nil)
        try write(&machine, caches, to: pods, "5")
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "5"
        #expect(waits(&machine, caches) == nil)
    }

    /// A restored backup: the write may be undone and its version never come again.
    @Test func `a server that went back in time opens the gate`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        caches[pods] = "100"
        try write(&machine, caches, to: pods, "120")
        #expect(waits(&machine, caches) == pods)
        caches.progress[pods] = CacheProgress(resourceVersion: ResourceVersion("40"), epoch: 1)
        #expect(waits(&machine, caches) == nil)
        try write(&machine, caches, to: pods, "41")
        #expect(waits(&machine, caches) == pods)
        caches[pods] = "41"
        #expect(waits(&machine, caches) == nil)
    }

    @Test func `keys that nobody asks for again do not pile up`() throws {
        var machine = ConsistencyMachine()
        let caches = Caches()
        for number in 1...20_000 {
            caches[pods] = String(number)
            machine.recordWrite(
                for: ObjectKey(namespace: nil, name: "k\(number)"), to: pods,
                version: try #require(ResourceVersion(String(number + 1))), uid: "u",
                progress: { caches.progress[$0] })
        }
        #expect(machine.count <= 1024)
    }
}
