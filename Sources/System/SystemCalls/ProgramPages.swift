// SPDX-License-Identifier: MIT
import CLinux

/// The pages of this program and of its libraries that the process has mapped from their files.
package enum ProgramPages {
    /// Lets go of them; what is used again comes back, sixteen pages at a time, in a microsecond out of the page cache.
    ///
    /// Starting runs through much code that is never needed again, above all that of the forty libraries that
    /// libcurl and libpq bring for protocols that are not spoken here, and every touch maps 64 KB around it. The kernel
    /// counts those pages as this process's and as in use for as long as they are mapped (madvise(2), MADV_DONTNEED).
    /// To be called once, when starting is over. A breakpoint that a debugger has written into code is lost by it.
    ///
    /// - Returns: how many bytes of address space were looked at; 0 when the system refused.
    @discardableResult
    package static func giveBack() -> Int { clinux_forget_program_pages() }
}
