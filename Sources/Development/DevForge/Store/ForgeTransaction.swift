// SPDX-License-Identifier: MIT
package import JSONCoding

/// One change of the forge being decided: a private copy of the state and the records that make the change.
///
/// Everything that GitHub would do at once (a label, its event, its webhook) is one transaction, and so one append
/// to the journal: after `kill -9` either all of it is there or nothing. Nothing here does I/O.
package struct ForgeTransaction: Sendable {
    package private(set) var state: ForgeState
    package private(set) var records: [ForgeRecord] = []
    /// The time of everything that happens in this transaction.
    package let now: Timestamp
    package let baseURL: String

    /// Begins on a snapshot.
    package init(state: ForgeState, now: Timestamp, baseURL: String) {
        self.state = state
        self.now = now
        self.baseURL = baseURL
    }

    /// Renders the state as it is by now.
    package var renderer: ForgeRenderer { ForgeRenderer(state: state, baseURL: baseURL) }

    /// Makes a change.
    package mutating func put(_ record: ForgeRecord) {
        state.apply(record)
        records.append(record)
    }

    /// A new identifier; they grow, and none is given out twice even when its owner is deleted.
    package mutating func nextID() -> Int64 {
        let id = state.sequence + 1
        put(.sequence(id))
        return id
    }

    /// Whether a webhook waits to be sent because of this transaction.
    package var hasDeliveries: Bool {
        records.contains { if case .delivery = $0 { true } else { false } }
    }
}
