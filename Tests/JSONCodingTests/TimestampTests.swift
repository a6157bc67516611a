// SPDX-License-Identifier: MIT
import FoundationEssentials
import JSONCoding
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T21:00:00Z", 1_795_381_200_000_000),
        ("2026-11-22T22:30:00.5+01:30", 1_795_381_200_500_000), ("2000-02-29T23:59:59.123456789Z", 951_868_799_123_456),
        ("1969-12-31T23:59:59.000001Z", -999_999), ("2026-11-22t21:00:00z", 1_795_381_200_000_000),
    ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        (1_795_381_200_123_999, "2026-11-22T21:00:00", ".123", ".123999"), (1_795_381_200_000_001, "2026-11-22T21:00:00", ".000", ".000001"),
        (-1, "1969-12-31T23:59:59", ".999", ".999999"),
    ] as [(Int64, String, String, String)])
    func fractionsAreCutOff(microseconds: Int64, seconds: String, three: String, six: String) {
        let stamp = Timestamp(microseconds: microseconds)
        #expect(stamp.description == seconds + "Z")
        #expect(stamp.milliDescription == seconds + three + "Z")
        #expect(stamp.microDescription == seconds + six + "Z")
    }

    @Test(arguments: ["", "2026-11-22", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T21:00:00", "2026-11-22T21:00:00.Z", "2026-11-22T21:00:00Zx", "2026-11-22T21:00:00+1:00"])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    // From 1600 on: Foundation counts in the Julian calendar before 1582, RFC 3339 does not.
    @Test func writingAndReadingAgreeWithFoundation() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -11_600_000_000...200_000_000_000, using: &generator)
            let stamp = Timestamp(microseconds: seconds * 1_000_000)
            #expect(stamp.description == Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))
            #expect(Timestamp(stamp.microDescription) == stamp)
            #expect(Timestamp(stamp.milliDescription) == stamp)
        }
    }
}
