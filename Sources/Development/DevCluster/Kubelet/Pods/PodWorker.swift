// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls

/// Looks after one pod from its binding to its removal.
///
/// What the pod's object says comes in through ``update(_:)``; what its processes do goes out as its status. Its state
/// is changed on the actor only; the order of containers is plain code in `execute()`.
actor PodWorker {
    let context: PodContext
    let folder: PodFolder
    let specs: [ContainerSpec]
    let access: VolumeAccess
    var pod: JSONValue
    var records: [String: ContainerRecord]
    var processes: [String: RunningProcess] = [:]
    var failure: (reason: String, message: String)?
    var hasEnded = false
    var tokensWritten: ContinuousClock.Instant?
    nonisolated let stopSignal = StopSignal()
    nonisolated let sidecarStop = StopSignal()
    private var isGone = false
    private var hasFinishedRunning = false

    init(_ pod: JSONValue, context: PodContext) {
        self.pod = pod
        self.context = context
        namespace = pod.namespace
        folder = PodFolder(state: context.configuration.stateDirectory, podUID: pod.uid)
        specs = ContainerSpec.all(of: pod)
        access = VolumeAccess(pod: pod, specs: specs, separatesUsers: context.configuration.separatesUsers)
        records = Dictionary(specs.map { ($0.name, ContainerRecord($0)) }, uniquingKeysWith: { first, _ in first })
    }

    nonisolated var logger: Logger { context.logger }
    nonisolated let namespace: String
    var restartPolicy: String { pod.at("spec", "restartPolicy")?.stringValue ?? "Always" }
    var grace: Duration { .seconds(pod.at("spec", "terminationGracePeriodSeconds")?.integerValue ?? 30) }

    /// Runs the pod to its end. Afterwards the worker stays, to answer the pod's deletion.
    func run() async {
        do throws(SystemError) { try folder.make(containers: specs, access: access) } catch {
            logger.error("the pod's folder cannot be made", ["pod": pod.name, "error": "\(error)"])
            failure = ("NodeError", "the pod's folder cannot be made: \(error)")
        }
        recover()
        if !hasEnded { writeStatus() }
        // The object may have been asked to go before this worker saw it.
        update(pod)
        if !hasEnded, failure == nil { await execute() }
        if stopSignal.reason != .kubeletEnds {
            await removeStrays()
            if !hasEnded {
                hasEnded = true
                describeStop()
                writeStatus()
            }
        }
        hasFinishedRunning = true
        finish()
    }

    /// Takes the pod's object as it is now.
    func update(_ object: JSONValue) {
        guard object.uid == pod.uid else { return }
        pod = object
        if object.isBeingDeleted {
            let seconds = object.meta("deletionGracePeriodSeconds")?.integerValue ?? 30
            stop(.deleted(grace: .seconds(seconds)))
        }
        finish()
    }

    /// The object is gone from the store: so must everything of it.
    func forget() {
        isGone = true
        stop(.deleted(grace: .zero))
        finish()
    }

    /// Has the containers end; a later, harsher reason overrules.
    func stop(_ reason: StopReason) {
        guard stopSignal.stop(reason) else { return }
        switch reason {
        case .kubeletEnds: kill()
        case .deleted(let grace):
            if !processes.isEmpty { context.events.normal(pod, "Killing", "Stopping containers") }
            terminateMain(grace: grace)
            // A sidecar goes last; with no time left it goes now.
            if grace == .zero { kill() }
        case .deadline: terminateMain(grace: grace)
        }
    }

    /// Kills every container at once.
    func kill() { for process in processes.values { process.signal(.kill) } }

    private func terminateMain(grace: Duration) {
        for (name, process) in processes where records[name]?.role != .sidecar { process.terminate(grace: grace) }
    }

    /// After the end: lets a deleted pod go, and removes what is left of one that is gone.
    private func finish() {
        guard hasFinishedRunning, stopSignal.reason != .kubeletEnds else { return }
        if isGone {
            do throws(SystemError) { try folder.remove() } catch {
                logger.warning("a pod's folder stays", ["pod": pod.name, "error": "\(error)"])
            }
        } else if pod.isBeingDeleted, pod.meta("deletionGracePeriodSeconds")?.integerValue != 0 {
            // Finalizers may still hold the object; without a grace period the last of them takes it away.
            let options = ClusterDeleteOptions(gracePeriodSeconds: 0, uid: pod.uid)
            try? context.store.delete(.pod, namespace: pod.namespace, name: pod.name, options: options)
        }
    }

    /// What escaped its process group dies with its pod.
    private func removeStrays() async {
        let uid = pod.uid
        _ = try? await BlockingPool.shared.run {
            for id in ProcessTable.processIDs(withVariable: ProcessMark.podUID, value: uid) {
                if let identity = ProcessTable.identity(of: id) { ProcessTable.kill(identity) }
            }
        }
    }

    private func describeStop() {
        if stopSignal.reason == .deadline, failure == nil {
            failure = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
        }
    }

    // MARK: Status

    /// Writes the status as it follows from the records; nothing is written when nothing changed.
    func writeStatus() {
        if stopSignal.reason == .kubeletEnds || isGone { return }
        let uid = pod.uid
        let records = specs.compactMap { self.records[$0.name] }
        let (failure, hasEnded, now) = (self.failure, self.hasEnded, context.now)
        do throws(StatusError) {
            _ = try context.store.modify(.pod, namespace: pod.namespace, name: pod.name, subresource: "status") {
                (current) throws(StatusError) in
                guard current.uid == uid else { return }
                current["status"] =
                    PodStatusBuilder(
                        pod: current, records: records, failure: failure, hasEnded: hasEnded, now: now
                    ).build()
            }
        } catch {
            if !error.isNotFound { logger.warning("status not written", ["pod": pod.name, "error": "\(error)"]) }
        }
    }

    func change(_ name: String, _ body: (inout ContainerRecord) -> Void) {
        guard var record = records[name] else { return }
        body(&record)
        if record == records[name] { return }
        records[name] = record
        writeStatus()
    }
}
