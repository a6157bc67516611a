// SPDX-License-Identifier: MIT
package import JSONCoding

/// A timestamp that is written with microseconds, as leases and events want it.
package struct MicroTime: Codable, Sendable, Hashable, Comparable {
    package var timestamp: Timestamp

    package init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    package init(from decoder: any Decoder) throws {
        timestamp = try Timestamp(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(timestamp.microDescription)
    }

    package static func < (left: MicroTime, right: MicroTime) -> Bool { left.timestamp < right.timestamp }
}
