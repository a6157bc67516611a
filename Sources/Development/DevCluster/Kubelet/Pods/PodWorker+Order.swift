// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding

/// The order of a pod's containers (Kubernetes documentation, "Init Containers", "Sidecar Containers").
extension PodWorker {
    func execute() async {
        let deadline = startDeadline()
        defer { deadline?.cancel() }
        var sidecars: [(spec: ContainerSpec, task: Task<Void, Never>)] = []
        var mayGoOn = stopSignal.reason == nil
        for spec in specs where spec.role != .main && mayGoOn {
            if spec.role == .sidecar {
                let (isStarted, task) = await startSidecar(spec)
                sidecars.append((spec, task))
                mayGoOn = isStarted
            } else {
                mayGoOn = await runInitial(spec)
            }
        }
        if mayGoOn {
            await withTaskGroup(of: Void.self) { group in
                for spec in specs where spec.role == .main { group.addTask { await self.runMain(spec) } }
            }
        }
        await endSidecars(sidecars)
    }

    /// Runs an init container until it succeeds; false when it cannot.
    private func runInitial(_ spec: ContainerSpec) async -> Bool {
        if records[spec.name]?.termination?.exitCode == 0 { return true }
        await repeatedly(spec, until: stopSignal) { code in code == 0 || self.restartPolicy == "Never" }
        return records[spec.name]?.termination?.exitCode == 0 && stopSignal.reason == nil
    }

    private func runMain(_ spec: ContainerSpec) async {
        if let earlier = records[spec.name]?.termination, !restarts(after: earlier.exitCode) { return }
        await repeatedly(spec, until: stopSignal) { code in !self.restarts(after: code) }
    }

    private func restarts(after exitCode: Int32) -> Bool {
        restartPolicy == "Always" || (restartPolicy == "OnFailure" && exitCode != 0)
    }

    /// Starts a sidecar and waits until it runs, or until nothing is to run any more.
    private func startSidecar(_ spec: ContainerSpec) async -> (isStarted: Bool, task: Task<Void, Never>) {
        let (started, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let task = Task {
            await repeatedly(spec, until: sidecarStop, onStart: { continuation.yield() }) { _ in false }
            continuation.finish()
        }
        // A pod that is told to stop does not wait for a sidecar that cannot start.
        let watcher = Task {
            while !Task.isCancelled, await stopSignal.sleep(.seconds(3600)) {}
            continuation.finish()
        }
        defer { watcher.cancel() }
        for await _ in started { return (stopSignal.reason == nil, task) }
        return (false, task)
    }

    /// In the reverse order of their start, each with what is left of the grace time.
    private func endSidecars(_ sidecars: [(spec: ContainerSpec, task: Task<Void, Never>)]) async {
        let grace = if case .deleted(let grace) = stopSignal.reason { grace } else { self.grace }
        let end = ContinuousClock.now + grace
        sidecarStop.stop(stopSignal.reason ?? .deleted(grace: grace))
        for (spec, task) in sidecars.reversed() {
            if let process = processes[spec.name] {
                let left = ContinuousClock.now.duration(to: end)
                process.terminate(grace: max(left, stopSignal.reason == .kubeletEnds ? .zero : .milliseconds(500)))
            }
            await task.value
        }
    }

    /// Starts a container again and again, with growing pauses, until it is done or told to stop.
    private func repeatedly(
        _ spec: ContainerSpec, until stop: StopSignal, onStart: () -> Void = {}, isDone: (Int32) -> Bool
    ) async {
        var pause = context.configuration.restartPause
        while stop.reason == nil, stopSignal.reason != .kubeletEnds {
            let process: RunningProcess
            do throws(ContainerFailure) { process = try await start(spec) } catch {
                change(spec.name) { $0.state = .waiting(reason: error.reason, message: error.message) }
                let reason = error.reason == "ContainerCreating" ? "FailedMount" : "Failed"
                context.events.warning(pod, reason, "\(spec.name): \(error.message)")
                guard await stop.sleep(context.configuration.retryPause) else { break }
                continue
            }
            onStart()
            let begin = ContinuousClock.now
            let code = await end(of: process, spec)
            if stop.reason != nil || isDone(code) { return }
            // One that ran for a while is not in a loop of crashes.
            if begin.duration(to: .now) > .seconds(600) { pause = context.configuration.restartPause }
            change(spec.name) { record in
                record.last = record.termination
                record.state = .waiting(
                    reason: "CrashLoopBackOff",
                    message: "back-off \(pause.components.seconds)s restarting failed container=\(spec.name)")
            }
            context.events.warning(pod, "BackOff", "Back-off restarting failed container \(spec.name)")
            guard await stop.sleep(pause) else { break }
            change(spec.name) { $0.restartCount += 1 }
            pause = min(pause * 2, .seconds(300))
        }
        // Told to stop while it did not run: there is nothing of it that could go on.
        change(spec.name) { record in
            guard case .waiting = record.state, record.last != nil || record.role == .main else { return }
            record.state = .terminated(
                record.last
                    ?? .init(
                        exitCode: 137, reason: "ContainerStatusUnknown", message: nil, startedAt: nil,
                        finishedAt: context.now))
        }
    }

    private func startDeadline() -> Task<Void, Never>? {
        guard let seconds = pod.at("spec", "activeDeadlineSeconds")?.integerValue else { return nil }
        let start = pod.at("status", "startTime")?.stringValue.flatMap { Timestamp($0) } ?? context.now
        let left = start.adding(.seconds(seconds)).since(context.now)
        return Task {
            guard (try? await Task.sleep(for: max(.zero, left))) != nil else { return }
            stop(.deadline)
        }
    }
}
