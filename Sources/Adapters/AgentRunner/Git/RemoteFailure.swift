// SPDX-License-Identifier: MIT

/// Tells apart, by git's words (in the C locale), what time heals and what it does not.
enum RemoteFailure {
    /// Words of the server and of libcurl about a way that is broken for now; a refusal is none of them.
    private static let signs = [
        "returned error: 500", "returned error: 502", "returned error: 503", "returned error: 504",
        "returned error: 429", "Failed to connect", "Connection reset", "Connection refused", "timed out",
        "early EOF", "hung up unexpectedly", "RPC failed", "Empty reply from server",
    ]

    /// Whether the other side takes no push of this size.
    static func isTooLarge(_ errors: String) -> Bool { errors.contains("returned error: 413") }

    static func isPassing(_ errors: String) -> Bool {
        // The broker's word for a credential that the upstream does not take: the next one may come, but not in
        // seconds.
        if errors.contains("refused the run's credential") || isTooLarge(errors) { return false }
        return signs.contains { errors.contains($0) }
    }
}
