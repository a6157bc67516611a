// SPDX-License-Identifier: MIT
import Synchronization

/// The logs that are being written, by their path, for those who follow.
final class LogRegistry: Sendable {
    private let logs = Mutex<[String: ContainerLog]>([:])

    subscript(path: String) -> ContainerLog? { logs.withLock { $0[path] } }

    func add(_ log: ContainerLog) { logs.withLock { $0[log.path] = log } }

    func remove(_ log: ContainerLog) {
        logs.withLock { $0[log.path] = nil }
        log.end()
    }
}
