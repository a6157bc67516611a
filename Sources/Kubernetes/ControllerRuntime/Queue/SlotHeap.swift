// SPDX-License-Identifier: MIT

/// Numbered slots in order of rank, then of arrival; any of them can be taken out again.
///
/// A slot is in here once or not at all, so that the size is the number of slots and never that of what happened to
/// them. Every operation takes logarithmic time.
struct SlotHeap: Sendable {
    private struct Node: Sendable {
        var rank: Duration
        var number: Int
        var slot: Int

        func precedes(_ other: Node) -> Bool {
            rank == other.rank ? number < other.number : rank < other.rank
        }
    }

    private static let absent = -1

    private var nodes: [Node] = []
    /// Where in `nodes` a slot is.
    private var positions: [Int] = []
    private var lastNumber = 0

    var count: Int { nodes.count }

    /// The slot of the lowest rank; of equal ranks the one that came first.
    var first: (slot: Int, rank: Duration)? { nodes.first.map { ($0.slot, $0.rank) } }

    /// The rank of a slot that is in the heap.
    func rank(of slot: Int) -> Duration? { position(slot).map { nodes[$0].rank } }

    /// Puts a slot that is not in the heap into it.
    mutating func insert(_ slot: Int, rank: Duration) {
        while positions.count <= slot { positions.append(Self.absent) }
        lastNumber += 1
        nodes.append(Node(rank: rank, number: lastNumber, slot: slot))
        rise(nodes.count - 1)
    }

    /// Takes a slot out, if it is in.
    mutating func remove(_ slot: Int) {
        guard let index = position(slot) else { return }
        positions[slot] = Self.absent
        let last = nodes.removeLast()
        guard index < nodes.count else { return }
        nodes[index] = last
        positions[last.slot] = index
        rise(index)
        sink(index)
    }

    /// Moves a slot forward, if it is in the heap and the rank is lower than its own.
    mutating func advance(_ slot: Int, to rank: Duration) {
        guard let index = position(slot), rank < nodes[index].rank else { return }
        nodes[index].rank = rank
        rise(index)
    }

    mutating func removeAll() {
        nodes = []
        positions = []
    }

    private func position(_ slot: Int) -> Int? {
        guard slot < positions.count, positions[slot] != Self.absent else { return nil }
        return positions[slot]
    }

    private mutating func rise(_ start: Int) {
        let node = nodes[start]
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard node.precedes(nodes[parent]) else { break }
            nodes[index] = nodes[parent]
            positions[nodes[index].slot] = index
            index = parent
        }
        nodes[index] = node
        positions[node.slot] = index
    }

    private mutating func sink(_ start: Int) {
        let node = nodes[start]
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < nodes.count else { break }
            if child + 1 < nodes.count, nodes[child + 1].precedes(nodes[child]) { child += 1 }
            guard nodes[child].precedes(node) else { break }
            nodes[index] = nodes[child]
            positions[nodes[index].slot] = index
            index = child
        }
        nodes[index] = node
        positions[node.slot] = index
    }
}
