// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The machine's wall clock (clock_gettime(2), CLOCK_REALTIME), which may jump.
package enum TimeOfDay {
    /// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
    package static var microsecondsSince1970: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
