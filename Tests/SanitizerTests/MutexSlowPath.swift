// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

extension _MutexHandle {
    /// Takes the place of the slow path of Swift's `Mutex` in a program that is built with the thread sanitizer.
    ///
    /// The fast path of `Mutex` is compiled into its callers, where the sanitizer sees its atomics. The slow path, when
    /// two threads want the lock at once, is in the toolchain's `libswiftSynchronization.so`, compiled without the
    /// sanitizer: which unlock made way for which lock is not seen, and everything that the lock guards is reported as
    /// a race. A suppression would hide real races as well. The linker takes this symbol before the library's, so the
    /// lock is taken here, by an atomic that is seen. No waiter is marked, so the slow path of unlocking is never run.
    @_silgen_name("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF")
    borrowing func lockSlowlyInSight(_ owner: UInt32) {
        unsafe withUnsafePointer(to: self) { handle in
            // All that a handle has: the thread that holds the lock, or 0.
            let holder = unsafe UnsafeRawPointer(handle).assumingMemoryBound(to: Atomic<UInt32>.self)
            while true {
                let (isTaken, current) = unsafe holder.pointee.compareExchange(
                    expected: 0, desired: owner, successOrdering: .acquiring, failureOrdering: .relaxed)
                if isTaken { return }
                precondition(current != owner, "a Mutex is locked by the thread that holds it")
                sched_yield()
            }
        }
    }
}
