// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// What became of a delivery, and how that is answered, counted and logged.
enum WebhookOutcome: Sendable {
    case accepted(run: String)
    case duplicate(run: String)
    case ignored(RunIntake.IgnoreReason)
    /// The sender's mistake.
    case refused(HTTPError)
    /// Ours, or the cluster's.
    case failed(HTTPError)

    /// The word in metrics and logs.
    var result: String {
        switch self {
        case .accepted: "accepted"
        case .duplicate: "duplicate"
        case .ignored: "ignored"
        case .refused: "refused"
        case .failed: "failed"
        }
    }

    /// The reason in metrics and logs: of a small set, empty when there is nothing to explain.
    var reason: String {
        switch self {
        case .accepted, .duplicate: ""
        case .ignored(let reason): reason.rawValue
        case .refused(let error), .failed(let error): error.reason
        }
    }

    var response: ServerResponse {
        switch self {
        case .accepted(let run):
            .json(["status": "accepted", "run": .string(run)], status: .accepted)
        case .duplicate(let run):
            .json(["status": "duplicate", "run": .string(run)])
        case .ignored(let reason):
            .json(["status": "ignored", "reason": .string(reason.rawValue)])
        case .refused(let error), .failed(let error):
            error.response
        }
    }
}
