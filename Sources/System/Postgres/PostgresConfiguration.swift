// SPDX-License-Identifier: MIT

/// How a ``PostgresClient`` connects and how long it waits.
package struct PostgresConfiguration: Sendable {
    /// The most connections at once; each has a thread of its own while it works.
    package var connections: Int
    /// How long making a connection may take, with finding the host and signing in.
    package var connectTimeout: Duration
    /// How long a statement may run. The server stops it then; should the server not answer, the connection is given up
    /// ``answerGrace`` later.
    package var statementTimeout: Duration
    /// How much longer than the statement's timeout the client waits for the server's answer.
    package var answerGrace: Duration
    /// How long a caller waits for a free connection.
    package var acquireTimeout: Duration
    /// The first and the longest pause between attempts to connect while Postgres is away. Callers in a pause are
    /// refused at once, so that work waits in its own queue and not here.
    package var reconnectPause: ClosedRange<Duration>
    /// The role to take after signing in, so that a powerful login works with the rights of the service alone.
    package var role: String?
    /// The same, passed over where the role is missing or the login is no member of it.
    package var preferredRole: String?
    /// What the server's activity list shows for these connections.
    package var applicationName: String

    /// Sets the particulars.
    package init(
        connections: Int = 4, connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(10),
        answerGrace: Duration = .seconds(2), acquireTimeout: Duration = .seconds(5),
        reconnectPause: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5), role: String? = nil,
        preferredRole: String? = nil, applicationName: String = "codex-k8s"
    ) {
        precondition(connections > 0, "a client needs a connection")
        self.connections = connections
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.answerGrace = answerGrace
        self.acquireTimeout = acquireTimeout
        self.reconnectPause = reconnectPause
        self.role = role
        self.preferredRole = preferredRole
        self.applicationName = applicationName
    }
}
