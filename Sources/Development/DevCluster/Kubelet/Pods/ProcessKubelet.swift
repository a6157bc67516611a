// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
package import ServiceRuntime
import Synchronization
import SystemCalls

/// Runs the containers of pods as processes of this machine.
///
/// It is the scheduler as well: every pod goes to the one node. Images, users, namespaces of the kernel, probes and
/// limits are not there; env, volumes, logs, exit codes, termination messages, deadlines, restarts and graceful
/// deletion are.
package final class ProcessKubelet: Service {
    let context: PodContext
    private let workers = Mutex<[String: PodWorker]>([:])

    package init(
        store: any ClusterStore, configuration: KubeletConfiguration, logger: Logger, clock: WallClock = .system
    ) {
        context = PodContext(
            store: store, configuration: configuration, events: ObjectEvents(store: store, component: "kubelet"),
            logs: LogRegistry(), clock: clock, logger: logger.labelled("kubelet"))
    }

    /// Works until the task is cancelled; then all processes are killed and nothing is written any more, exactly as if
    /// the whole process had been killed: the next start finds the same.
    package func run() async throws {
        // Containers with users of their own pass through to what is theirs; nobody lists what is there.
        let mode: UInt32 = context.configuration.separatesUsers ? 0o711 : 0o700
        for folder in [context.configuration.stateDirectory, "\(context.configuration.stateDirectory)/pods"] {
            try Files.createDirectory(folder, mode: mode)
            try Files.setMode(folder, mode)
        }
        try await removeLeftovers()
        try NodeRegistration.register(in: context.store, now: context.now)
        removeFolders()
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.watchSources(.secret, .secret) }
                group.addTask { await self.watchSources(.configMap, .configMap) }
                group.addTask { await self.renewTokens() }
                for await event in context.store.watch(.pod) {
                    for worker in await handle(event) { group.addTask { await worker.run() } }
                }
                // Pods that were taken on between the cancellation and the end of the watch.
                stopAll()
            }
        } onCancel: {
            stopAll()
        }
    }

    private func stopAll() {
        for worker in workers.withLock({ Array($0.values) }) {
            // At once, so that no end of a process is mistaken for its own; the killing follows on the actor.
            worker.stopSignal.announceEnd()
            Task { await worker.kill() }
        }
    }

    // MARK: Pods

    /// Answers the workers that have to be started.
    private func handle(_ event: ClusterEvent) async -> [PodWorker] {
        let pod = event.object
        switch event.kind {
        case .restarted:
            await forgetMissing()
        case .deleted:
            let worker = workers.withLock { $0.removeValue(forKey: pod.uid) }
            await worker?.forget()
        case .added, .modified:
            let node = pod.at("spec", "nodeName")?.stringValue ?? ""
            if node.isEmpty {
                bind(pod)
            } else if node == NodeRegistration.name {
                if let worker = workers.withLock({ $0[pod.uid] }) {
                    await worker.update(pod)
                } else {
                    let worker = PodWorker(pod, context: context)
                    workers.withLock { $0[pod.uid] = worker }
                    return [worker]
                }
            }
        }
        return []
    }

    /// The watch has lost its place: what is not in the store any more is gone.
    private func forgetMissing() async {
        guard let pods = try? context.store.list(.pod).items else { return }
        let known = Set(pods.map(\.uid))
        let gone = workers.withLock { workers in
            let gone = workers.filter { !known.contains($0.key) }
            for uid in gone.keys { workers[uid] = nil }
            return gone.values
        }
        for worker in gone { await worker.forget() }
    }

    private func bind(_ pod: JSONValue) {
        if pod.isBeingDeleted || pod.at("spec", "schedulingGates")?.arrayValue?.isEmpty == false { return }
        // Pods of other schedulers wait for those.
        guard pod.at("spec", "schedulerName") ?? "default-scheduler" == "default-scheduler" else { return }
        do throws(StatusError) {
            _ = try context.store.modify(.pod, namespace: pod.namespace, name: pod.name, subresource: nil) {
                (current) throws(StatusError) in
                guard current.uid == pod.uid, current.at("spec", "nodeName") == nil else { return }
                current.setValue(.string(NodeRegistration.name), at: ["spec", "nodeName"])
            }
            context.events.normal(
                pod, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(NodeRegistration.name)")
        } catch {
            if !error.isNotFound { context.logger.warning("pod not bound", ["pod": pod.name, "error": "\(error)"]) }
        }
    }

    // MARK: What volumes show

    private func watchSources(_ type: ResourceType, _ kind: EnvironmentBuilder.Kind) async {
        for await event in context.store.watch(type, namespace: nil, initial: false) where event.kind == .modified {
            for worker in workers.withLock({ Array($0.values) }) where worker.namespace == event.object.namespace {
                await worker.refresh(kind, event.object.name)
            }
        }
    }

    private func renewTokens() async {
        while (try? await Task.sleep(for: .seconds(30))) != nil {
            for worker in workers.withLock({ Array($0.values) }) { await worker.refreshTokens() }
        }
    }

    // MARK: Starting again

    /// Kills what an earlier kubelet on this state left running, and waits until it is gone: from then on nothing that
    /// is started can run beside its own earlier self.
    private func removeLeftovers() async throws {
        let state = context.configuration.stateDirectory
        let logger = context.logger
        try await BlockingPool.shared.run {
            let left = ProcessTable.processIDs(withVariable: ProcessMark.state, value: state)
                .compactMap { ProcessTable.identity(of: $0) }
            if left.isEmpty { return }
            logger.warning("killing processes of an earlier start", ["count": "\(left.count)"])
            for identity in left { ProcessTable.kill(identity) }
            let end = ContinuousClock.now + .seconds(10)
            while left.contains(where: { ProcessTable.isRunning($0) }), ContinuousClock.now < end {
                ProcessTable.pause(milliseconds: 5)
            }
        }
    }

    /// Folders of pods that are not in the store any more.
    private func removeFolders() {
        let root = "\(context.configuration.stateDirectory)/pods"
        guard let pods = try? context.store.list(.pod).items, let folders = try? Files.list(root) else { return }
        let known = Set(pods.map(\.uid))
        for uid in folders where !known.contains(uid) { try? Files.remove("\(root)/\(uid)") }
    }
}
