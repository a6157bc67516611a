// SPDX-License-Identifier: MIT

/// Why a session, or what belongs to it, was not saved or not restored: what happened, to what, why, what to do.
enum SessionProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is more than is kept.
    case tooLarge(bytes: Int, limit: Int)
    case tooManyFiles(count: Int)
    /// The run API did not answer, or not well, for as long as was tried.
    case unreachable(doing: String, reason: String)
    /// The run API said no.
    case refused(doing: String, reason: String)
    /// A later pod of the run, or a later run, saves this session now.
    case superseded
    /// There is no snapshot of that name for this issue and agent.
    case unknown(session: String)
    /// What came back is not what was saved.
    case damaged(session: String, reason: String)
    /// A file changed while it was read, again and again.
    case restless(path: String)
    case local(reason: String)
    case workTooLarge(bytes: Int, limit: Int)

    var description: String {
        switch self {
        case .tooLarge(let bytes, let limit):
            """
            the session's files have \(Self.megabytes(bytes)), more than the \(Self.megabytes(limit)) that are kept: \
            its last state is not saved, a later run begins a fresh session or goes on from the last state that \
            fitted; raise sessions.maximumBytes in the operator's configuration
            """
        case .tooManyFiles(let count):
            """
            the session has \(count) files or more, too many to be kept: its last state is not saved; have the agent \
            keep fewer
            """
        case .unreachable(let doing, let reason): "\(doing): the run API could not be reached: \(reason)"
        case .refused(let doing, let reason): "\(doing): the run API refused: \(reason)"
        case .superseded: "a later pod or run saves the session now; this pod's state of it is not kept"
        case .unknown(let session): "no snapshot of session \(session) is kept for this issue and agent"
        case .damaged(let session, let reason): "the snapshot of session \(session) is not whole: \(reason)"
        case .restless(let path): "\(path) changed each time that it was read"
        case .local(let reason): reason
        case .workTooLarge(let bytes, let limit):
            """
            work that was not pushed has \(Self.megabytes(bytes)), more than the \(Self.megabytes(limit)) that are \
            kept: it goes with the pod
            """
        }
    }

    private static func megabytes(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\(bytes) bytes" : "\((bytes + (1 << 20) - 1) >> 20) MiB"
    }
}
