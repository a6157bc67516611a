// SPDX-License-Identifier: MIT
import Synchronization
import SystemCalls

/// Kills this process, as `kill -9` would, right after one effect of ours was carried out and before anybody heard of it.
///
/// A system that says it survives a stop at any instant has to be stopped at every one. A test writes a number into the
/// file `crash-at` of the state folder; the process dies at that effect of edge and controllers from then on, counted over
/// the cluster and the forge. Without the file nothing is counted. Only the laptop mode has this.
final class CrashPoint: Sendable {
    private let file: String
    /// How many effects are left; `nil` while nobody asked.
    private let left = Mutex<Int?>(nil)

    init(file: String) { self.file = file }

    func pass(method: String, userAgent: String) {
        guard method != "GET", method != "HEAD",
            userAgent.hasPrefix("codex-k8s-controller") || userAgent.hasPrefix("codex-k8s-edge")
        else { return }
        let isNow = left.withLock { left -> Bool in
            if left == nil {
                guard let text = try? Files.readText(file, limit: 16), let number = Int(text) else { return false }
                try? Files.remove(file)
                left = number
            }
            left = left.map { $0 - 1 }
            return left == 0
        }
        guard isNow, let identity = ProcessTable.identity(of: ProcessIdentity.processID) else { return }
        ProcessTable.kill(identity)
    }
}
