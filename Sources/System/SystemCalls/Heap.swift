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
}
