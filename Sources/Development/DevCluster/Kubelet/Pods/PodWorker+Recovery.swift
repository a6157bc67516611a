// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls

/// What a kubelet finds that was started again on the same state.
extension PodWorker {
    /// Takes over what is known of an earlier run of this pod. Its processes are gone: the kernel killed them with
    /// their kubelet, and the rest was killed before any worker began, so nothing can run twice.
    func recover() {
        for list in ["initContainerStatuses", "containerStatuses"] {
            for status in pod.at("status", list)?.arrayValue ?? [] {
                records[status["name"]?.stringValue ?? ""]?.restore(status)
            }
        }
        let phase = pod.at("status", "phase")?.stringValue
        if phase == "Succeeded" || phase == "Failed" {
            hasEnded = true
            return
        }
        guard folder.hasStarted else { return }
        let lost = specs.map(\.name).filter { wasLost($0) }
        for name in lost { loseContainer(name) }
        if restartPolicy == "Never" { conclude() } else { restart(lost) }
    }

    private func wasLost(_ name: String) -> Bool {
        guard let record = records[name], record.termination == nil else { return false }
        return record.isRunning || Files.exists(folder.log(name, restart: record.restartCount))
    }

    private func loseContainer(_ name: String) {
        // It may have done its work and said so, with only its end unseen.
        let message = TerminationMessage.read(
            file: folder.terminationMessage(name), log: [], exitCode: 137, fallsBackToLogs: false)
        guard var record = records[name] else { return }
        let since: Timestamp? = if case .running(let since) = record.state { since } else { nil }
        record.state = .terminated(
            .init(
                exitCode: 137, reason: "ContainerStatusUnknown",
                message: message ?? "the process was not there any more when the node was started again",
                startedAt: since, finishedAt: context.now))
        records[name] = record
    }

    /// A pod that never starts anything twice is over, unless all its work was done.
    private func conclude() {
        let main = records.values.filter { $0.role == .main }
        let isKnown = main.allSatisfy { $0.termination.map { $0.reason != "ContainerStatusUnknown" } ?? false }
        hasEnded = true
        if !isKnown {
            failure = (PodStatusBuilder.nodeRestart, "the node was started again while the pod ran")
            context.events.warning(pod, "NodeRestart", "The node was started again while the pod ran")
        }
        writeStatus()
    }

    private func restart(_ lost: [String]) {
        for name in lost {
            guard var record = records[name] else { continue }
            record.last = record.termination
            record.state = .waiting(reason: "PodInitializing", message: nil)
            record.restartCount += 1
            records[name] = record
        }
        writeStatus()
    }
}
