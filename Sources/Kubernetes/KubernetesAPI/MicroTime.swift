// SPDX-License-Identifier: MIT
package import JSONCoding

/// A timestamp that is written with microseconds, as leases and events want it.
package struct MicroTime: Codable, Sendable, Hashable, Comparable {
    /// The point in time.
    package var timestamp: Timestamp

    /// A point in time to be written with its fraction.
    package init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    /// Reads the value; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        timestamp = try Timestamp(from: decoder)
    }

    /// Writes the value.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(timestamp.microDescription)
    }

    /// Earlier comes first.
    package static func < (left: MicroTime, right: MicroTime) -> Bool { left.timestamp < right.timestamp }
}
