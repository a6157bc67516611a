// SPDX-License-Identifier: MIT
import Glibc

// Offered by the address sanitizer's runtime; plain C functions, declared here because it has no header in the
// toolchain.
@_silgen_name("__sanitizer_install_malloc_and_free_hooks")
private func installHooks(
    _ allocated: @convention(c) (UnsafeRawPointer?, Int) -> Void, _ freed: @convention(c) (UnsafeRawPointer?) -> Void
) -> CInt
@_silgen_name("__sanitizer_get_allocated_size")
private func allocatedSize(_ pointer: UnsafeRawPointer?) -> Int

/// Counts the bytes that are in use, through the hooks of the address sanitizer's allocator.
///
/// Parsers run on the fuzzer's one thread; its other thread, which looks at the clock, is not counted.
enum MemoryMeter {
    nonisolated(unsafe) private static var thread: pthread_t? = nil
    nonisolated(unsafe) private static var inUse = 0
    nonisolated(unsafe) private static var most = 0
    nonisolated(unsafe) private(set) static var kept = 0

    static func install() {
        // Read once, so that their lazy initialization does not run inside of an allocation.
        (inUse, most, thread) = (0, 0, nil)
        let installed = installHooks(
            { _, size in
                guard let thread = MemoryMeter.thread, pthread_equal(thread, pthread_self()) != 0 else { return }
                MemoryMeter.inUse += size
                MemoryMeter.most = max(MemoryMeter.most, MemoryMeter.inUse)
            },
            { pointer in
                guard let thread = MemoryMeter.thread, pthread_equal(thread, pthread_self()) != 0 else { return }
                MemoryMeter.inUse -= allocatedSize(pointer)
            })
        precondition(installed != 0, "the program must be built with the address sanitizer")
    }

    static func begin() { (inUse, most, thread) = (0, 0, pthread_self()) }

    /// The most bytes in use since ``begin()``, beyond those in use then.
    static func end() -> Int {
        thread = nil
        kept += inUse
        return most
    }

    /// Bytes that were in use when they were measured and are not given back: a few tables, or a leak.
    static var isLeaking: Bool { kept > 8 << 20 }
}
