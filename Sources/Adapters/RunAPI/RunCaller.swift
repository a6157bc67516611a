// SPDX-License-Identifier: MIT
package import AuditTrail

/// The pod that calls, as far as the run API has to know it: which attempt of which run it is.
package struct RunCaller: Sendable, Hashable {
    /// The AgentRun's uid.
    package var runUID: String
    /// Its name, for the log.
    package var runName: String
    /// Joins everything that one cause led to.
    package var correlationID: String
    /// The run's current attempt.
    package var attempt: Int
    /// The agent's key.
    package var agent: String
    /// Whose sessions the pod may see, and as whom it writes them.
    package var owner: SessionOwner

    /// Names a caller.
    package init(
        runUID: String, runName: String, correlationID: String, attempt: Int, agent: String, owner: SessionOwner
    ) {
        self.runUID = runUID
        self.runName = runName
        self.correlationID = correlationID
        self.attempt = attempt
        self.agent = agent
        self.owner = owner
    }
}

/// Why a caller is not let in.
package enum IdentityRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The token is not good, or not for this service.
    case unauthenticated(String)
    /// The token is good, and its bearer is not the pod of a run that goes on.
    case forbidden(String)
    /// The run does not know its Job yet: it is written a moment after the Job is made.
    case notYet(String)

    package var description: String {
        switch self {
        case .unauthenticated(let why), .forbidden(let why), .notYet(let why): why
        }
    }
}
