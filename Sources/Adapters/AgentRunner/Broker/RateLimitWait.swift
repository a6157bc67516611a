// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

/// How long to wait after a provider answered 429, or that waiting does not help.
struct RateLimitWait: Equatable {
    /// Codes of errors that stay until a person pays or changes something.
    private static let lasting: Set<String> = [
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active",
    ]
    /// The longest pause where the provider names none.
    private static let longestGuess = 60

    let seconds: Int

    /// nil when asking again would not help.
    ///
    /// - Parameters:
    ///   - headers: of the answer; `Retry-After` in seconds (RFC 9110 §10.2.3) decides. A date there is not read.
    ///   - body: the error.
    ///   - attempt: from 1; without `Retry-After` the pauses double from 2 s.
    init?(headers: HTTPHeaders, body: [UInt8], attempt: Int) {
        let error = (try? JSONValue.parse(body))?["error"]
        for name in ["code", "type"] {
            if let code = error?[name]?.stringValue, Self.lasting.contains(code) { return nil }
        }
        if let text = headers["Retry-After"], let seconds = Int(text), seconds >= 0 {
            // At once would be a busy loop.
            self.seconds = max(1, seconds)
        } else {
            seconds = min(Self.longestGuess, 1 << min(attempt, 6))
        }
    }
}
