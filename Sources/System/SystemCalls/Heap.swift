// SPDX-License-Identifier: MIT
import CLinux

/// The memory of this process.
package enum Heap {
    /// Gives free memory back to the system; true when there was any.
    ///
    /// The C library keeps what was freed in case it is needed again: after a large passing need, such as reading a long
    /// list, that is most of what the process then appears to use. Takes milliseconds, so it is for rare moments.
    @discardableResult
    package static func giveBack() -> Bool { clinux_trim_heap() == 1 }

    /// Bounds the heaps that threads get of their own (mallopt(3), M_ARENA_MAX). Glibc makes up to eight a core, each of
    /// which keeps what was freed in it; a program that waits more than it computes gains nothing by them. To be called
    /// before threads start.
    package static func limitArenas(to count: Int) { _ = clinux_limit_arenas(Int32(clamping: count)) }
}
