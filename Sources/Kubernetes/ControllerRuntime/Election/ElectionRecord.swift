// SPDX-License-Identifier: MIT
package import JSONCoding
import KubernetesAPI

/// What a lease says about who leads.
package struct ElectionRecord: Sendable, Hashable {
    /// Who leads; empty when nobody does.
    package var holder: String
    /// How long others wait after the last renewal that they saw; nil when the lease does not say.
    package var duration: Duration?
    /// When the holder took the lease, by its own wall clock; for people, never compared.
    package var acquireTime: Timestamp?
    /// When the holder renewed the lease, by its own wall clock; a change of it is a sign of life, its value is not read.
    package var renewTime: Timestamp?
    /// How often the holder changed.
    package var transitions: Int

    /// A record of these parts.
    package init(
        holder: String = "", duration: Duration? = nil, acquireTime: Timestamp? = nil, renewTime: Timestamp? = nil,
        transitions: Int = 0
    ) {
        self.holder = holder
        self.duration = duration
        self.acquireTime = acquireTime
        self.renewTime = renewTime
        self.transitions = transitions
    }

    /// Reads the `spec` of a lease. What is missing or of another type reads as absent: a lease that somebody damaged is
    /// one that nobody holds, and the version of the object decides who mends it.
    init(spec: JSONValue?) {
        func time(_ name: String) -> Timestamp? { spec?[name]?.stringValue.flatMap { Timestamp($0) } }
        holder = spec?["holderIdentity"]?.stringValue ?? ""
        duration = spec?["leaseDurationSeconds"]?.integerValue.map { .seconds($0) }
        acquireTime = time("acquireTime")
        renewTime = time("renewTime")
        transitions = spec?["leaseTransitions"]?.integerValue.map { Int($0) } ?? 0
    }

    /// Writes the record into a lease; what others keep in its spec stays.
    func write(into lease: inout JSONValue) {
        // Rounded up: others may wait too long, never too short.
        let seconds = duration.map { max(1, $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0)) } ?? 1
        lease.setValue(.string(holder), at: ["spec", "holderIdentity"])
        lease.setValue(.integer(seconds), at: ["spec", "leaseDurationSeconds"])
        lease.setValue(.integer(Int64(transitions)), at: ["spec", "leaseTransitions"])
        lease.setValue(acquireTime.map { .string($0.microDescription) }, at: ["spec", "acquireTime"])
        lease.setValue(renewTime.map { .string($0.microDescription) }, at: ["spec", "renewTime"])
    }
}

/// A lease as the API server showed it.
struct ObservedLease: Sendable, Hashable {
    var record: ElectionRecord
    /// The version that an update has to name, so that of two who try at once one is refused.
    var resourceVersion: String
    /// The whole object: an update sends back what it does not mean to change.
    var object: JSONValue

    init(object: JSONValue) {
        self.object = object
        record = ElectionRecord(spec: object["spec"])
        resourceVersion = object.at("metadata", "resourceVersion")?.stringValue ?? ""
    }
}
