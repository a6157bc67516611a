// SPDX-License-Identifier: MIT
import Synchronization

/// The stand-in's own address, known once it listens.
final class ForgeBaseURL: Sendable {
    private let host: String
    private let port = Mutex(0)

    init(host: String) { self.host = host }

    func set(port value: Int) { port.withLock { $0 = value } }

    /// Without a slash at the end.
    var url: String { "http://\(host):\(port.withLock { $0 })" }
}
