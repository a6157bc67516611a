// SPDX-License-Identifier: MIT
package import JSONCoding

/// What the kubelet says about one container.
package struct ContainerStatus: JSONReadable, Encodable, Sendable, Hashable {
    /// The container's name in the spec.
    @Omittable package var name: String
    /// Whether it passes its readiness probe.
    @Omittable package var ready: Bool
    /// How often it was started again.
    @Omittable package var restartCount: Int
    /// Whether it passed its startup probe; for a native sidecar, whether the next container may start.
    package var started: Bool?
    /// The image that runs.
    package var image: String?
    /// What it does now.
    @Omittable package var state: ContainerState
    /// How its last run ended.
    @Omittable package var lastState: ContainerState

    /// A status, for tests.
    package init(name: String, state: ContainerState = .init(), ready: Bool = false, restartCount: Int = 0) {
        self.name = name
        self.ready = ready
        self.restartCount = restartCount
        self.state = state
        self.lastState = ContainerState()
    }
}

/// At most one of the three is set; none means waiting.
package struct ContainerState: JSONReadable, Encodable, Sendable, Hashable, EmptyRepresentable {
    /// Set while it is not running yet.
    package var waiting: ContainerStateWaiting?
    /// Set while it runs.
    package var running: ContainerStateRunning?
    /// Set when it has ended.
    package var terminated: ContainerStateTerminated?

    /// The empty value.
    package init() {}

    /// A container that waits.
    package init(waiting: ContainerStateWaiting) { self.waiting = waiting }
    /// A container that runs.
    package init(running: ContainerStateRunning) { self.running = running }
    /// A container that has ended.
    package init(terminated: ContainerStateTerminated) { self.terminated = terminated }
}

/// Why a container is not running yet.
package struct ContainerStateWaiting: JSONReadable, Encodable, Sendable, Hashable {
    /// One word, such as `ImagePullBackOff`, `OOMKilled` or `Completed`.
    package var reason: String?
    /// A sentence for people.
    package var message: String?

    /// A reason to wait.
    package init(reason: String? = nil, message: String? = nil) {
        self.reason = reason
        self.message = message
    }
}

/// Since when a container runs.
package struct ContainerStateRunning: JSONReadable, Encodable, Sendable, Hashable {
    /// When it was started.
    package var startedAt: Timestamp?

    /// Runs since then.
    package init(startedAt: Timestamp? = nil) {
        self.startedAt = startedAt
    }
}

/// How a container ended.
package struct ContainerStateTerminated: JSONReadable, Encodable, Sendable, Hashable {
    /// 128 + n when signal n ended it.
    @Omittable package var exitCode: Int
    package var signal: Int?
    /// One word, such as `ImagePullBackOff`, `OOMKilled` or `Completed`.
    package var reason: String?
    /// The termination message: what the container wrote to its termination message file.
    package var message: String?
    /// When it was started.
    package var startedAt: Timestamp?
    /// When it ended.
    package var finishedAt: Timestamp?

    /// An end of this kind.
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

// MARK: JSON

extension ContainerStatus {
    /// Reads the status; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            name: try node.read("name") ?? "", state: try node.read("state") ?? ContainerState(),
            ready: try node.read("ready") ?? false, restartCount: try node.read("restartCount") ?? 0)
        started = try node.read("started")
        image = try node.read("image")
        lastState = try node.read("lastState") ?? ContainerState()
    }
}

extension ContainerState {
    /// Reads the state; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init()
        waiting = try node.read("waiting")
        running = try node.read("running")
        terminated = try node.read("terminated")
    }
}

extension ContainerStateWaiting {
    /// Reads the reason; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(reason: try node.read("reason"), message: try node.read("message"))
    }
}

extension ContainerStateRunning {
    /// Reads the time; throws `DecodingError`.
    package init(node: JSONNode) throws { self.init(startedAt: try node.read("startedAt")) }
}

extension ContainerStateTerminated {
    /// Reads the end; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            exitCode: try node.read("exitCode") ?? 0, reason: try node.read("reason"),
            message: try node.read("message"), startedAt: try node.read("startedAt"),
            finishedAt: try node.read("finishedAt"))
        signal = try node.read("signal")
    }
}
