// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

/// What an answer says about limits (GitHub: "Rate limits for the REST API").
enum RateLimit {
    /// What GitHub asks to wait when it says that a secondary limit was hit but not for how long.
    static let defaultWait = Duration.seconds(60)
    /// The longest wait that is believed: the hourly window.
    static let longestWait = Duration.seconds(3600)

    /// Until when to wait, nil when the answer is no matter of limits.
    static func wait(status: Int, headers: HTTPHeaders, message: String, now: Timestamp) -> Timestamp? {
        guard status == 403 || status == 429 else { return nil }
        if let text = headers["Retry-After"] {
            // Years of seconds would not fit a point in time.
            if let seconds = Int64(text), seconds >= 0 {
                return bounded(now.adding(.seconds(min(seconds, 86_400))), now)
            }
            if let date = date(text) { return bounded(date, now) }
        }
        if headers["X-RateLimit-Remaining"] == "0", let reset = headers["X-RateLimit-Reset"].flatMap({ Int64($0) }) {
            let (microseconds, overflows) = reset.multipliedReportingOverflow(by: 1_000_000)
            return bounded(overflows ? now.adding(longestWait) : Timestamp(microseconds: microseconds), now)
        }
        let isSecondary = message.lowercased().contains("secondary rate limit") || message.contains("abuse detection")
        return status == 429 || isSecondary ? now.adding(defaultWait) : nil
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form of a date that is sent today (RFC 9110, section 5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        return Timestamp("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }

    /// At least a second from now (clocks differ), at most the hourly window.
    private static func bounded(_ time: Timestamp, _ now: Timestamp) -> Timestamp {
        min(max(time, now.adding(.seconds(1))), now.adding(longestWait))
    }
}
