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
    /// More than anybody waits, and little enough to compute with.
    private static let forever = 1 << 31

    let seconds: Int

    /// nil when asking again would not help.
    ///
    /// - Parameters:
    ///   - headers: of the answer; `Retry-After` decides, be it seconds or a date (RFC 9110 §10.2.3).
    ///   - body: the error.
    ///   - attempt: from 1; without `Retry-After` the pauses double from 2 s.
    ///   - now: what a date is measured from.
    init?(headers: HTTPHeaders, body: [UInt8], attempt: Int, now: Timestamp) {
        let error = (try? JSONValue.parse(body))?["error"]
        for name in ["code", "type"] {
            if let code = error?[name]?.stringValue, Self.lasting.contains(code) { return nil }
        }
        if let asked = headers["Retry-After"].flatMap({ Self.seconds($0, now) }) {
            // At once would be a busy loop.
            seconds = max(1, min(asked, Self.forever))
        } else {
            seconds = min(Self.longestGuess, 1 << min(attempt, 6))
        }
    }

    private static func seconds(_ text: String, _ now: Timestamp) -> Int? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Int(text) ?? forever }
        // Rounded up: a moment too early is refused again.
        return date(text).map { Int(($0.microseconds - now.microseconds + 999_999) / 1_000_000) }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form of dates that is still made (RFC 9110 §5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        return Timestamp("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }
}
