// SPDX-License-Identifier: MIT
import Synchronization

/// The places that agents have in repositories, as far as they are being taken: runs of different issues are admitted at
/// the same time, and none of them sees the others' statuses before they are written.
final class AgentPlaces: Sendable {
    private let taken = Mutex<[String: Int]>([:])

    /// A place that was taken. It is to be given back once, when the run's status says that the run has it.
    struct Place: Sendable {
        fileprivate let places: AgentPlaces
        fileprivate let agent: String

        func giveBack() {
            places.taken.withLock { taken in
                let left = taken[agent, default: 1] - 1
                taken[agent] = left > 0 ? left : nil
            }
        }
    }

    /// Takes a place.
    ///
    /// - Parameter used: counts those whose status says that they have one; asked for while nobody takes another.
    /// - Returns: nil when there is none left.
    func take(_ agent: String, limit: Int, used: () -> Int) -> Place? {
        let isFree = taken.withLock { taken in
            guard used() + taken[agent, default: 0] < limit else { return false }
            taken[agent, default: 0] += 1
            return true
        }
        return isFree ? Place(places: self, agent: agent) : nil
    }
}
