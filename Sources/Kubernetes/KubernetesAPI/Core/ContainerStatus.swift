// SPDX-License-Identifier: MIT
package import JSONCoding

package struct ContainerStatus: Codable, Sendable, Hashable {
    @Omittable package var name: String
    @Omittable package var ready: Bool
    @Omittable package var restartCount: Int
    package var started: Bool?
    package var image: String?
    @Omittable package var state: ContainerState
    @Omittable package var lastState: ContainerState

    package init(name: String, state: ContainerState = .init(), ready: Bool = false, restartCount: Int = 0) {
        self.name = name
        self.ready = ready
        self.restartCount = restartCount
        self.state = state
        self.lastState = ContainerState()
    }
}

/// At most one of the three is set; none means waiting.
package struct ContainerState: Codable, Sendable, Hashable, EmptyRepresentable {
    package var waiting: ContainerStateWaiting?
    package var running: ContainerStateRunning?
    package var terminated: ContainerStateTerminated?

    package init() {}

    package init(waiting: ContainerStateWaiting) { self.waiting = waiting }
    package init(running: ContainerStateRunning) { self.running = running }
    package init(terminated: ContainerStateTerminated) { self.terminated = terminated }
}

package struct ContainerStateWaiting: Codable, Sendable, Hashable {
    package var reason: String?
    package var message: String?

    package init(reason: String? = nil, message: String? = nil) {
        self.reason = reason
        self.message = message
    }
}

package struct ContainerStateRunning: Codable, Sendable, Hashable {
    package var startedAt: Timestamp?

    package init(startedAt: Timestamp? = nil) {
        self.startedAt = startedAt
    }
}

package struct ContainerStateTerminated: Codable, Sendable, Hashable {
    /// 128 + n when signal n ended it.
    @Omittable package var exitCode: Int
    package var signal: Int?
    package var reason: String?
    /// The termination message: what the container wrote to its termination message file.
    package var message: String?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        exitCode: Int, reason: String? = nil, message: String? = nil, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil
    ) {
        self.exitCode = exitCode
        self.reason = reason
        self.message = message
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
