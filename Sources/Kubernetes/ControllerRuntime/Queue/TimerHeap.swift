// SPDX-License-Identifier: MIT

/// Keys by the time at which they are due: one time a key, the earliest that was asked for.
struct TimerHeap<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var due: Duration
        var key: Key
    }

    private var heap: [Entry] = []
    /// What counts; entries of the heap that differ are outdated and dropped when they surface.
    private var dueTimes: [Key: Duration] = [:]

    var count: Int { dueTimes.count }

    mutating func add(_ key: Key, due: Duration) {
        if let known = dueTimes[key], known <= due { return }
        dueTimes[key] = due
        heap.append(Entry(due: due, key: key))
        siftUp(heap.count - 1)
    }

    /// The earliest time that is waited for.
    mutating func nextDue() -> Duration? {
        dropOutdated()
        return heap.first?.due
    }

    /// Takes a key that is due.
    mutating func takeDue(now: Duration) -> Key? {
        dropOutdated()
        guard let first = heap.first, first.due <= now else { return nil }
        removeTop()
        dueTimes[first.key] = nil
        return first.key
    }

    mutating func removeAll() {
        heap = []
        dueTimes = [:]
    }

    private mutating func dropOutdated() {
        while let first = heap.first, dueTimes[first.key] != first.due { removeTop() }
    }

    private mutating func removeTop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].due < heap[smallest].due
            {
                smallest = child
            }
            if smallest == index { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index].due < heap[(index - 1) / 2].due {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }
}
