// SPDX-License-Identifier: MIT
import HTTPTypes

/// Says, right before a request that changes something is sent, whether it may still be.
///
/// A process that stood still for a while (a stopped process, a sleeping machine, a long pause of the host) does not
/// know that others went on without it. So the question is asked before every attempt, retries included, and the answer
/// is computed from a clock and never from a callback that may not have run yet.
package protocol WriteGuard: Sendable {
    /// Throws `APIError` with the reason `notLeading` when nothing may be written.
    func checkWrite() throws(APIError)
}

extension HTTPMethod {
    /// Whether a request with this method is meant to change something on the server.
    var isWrite: Bool {
        switch self {
        case .get, .head, .options: false
        default: true
        }
    }
}
