// SPDX-License-Identifier: MIT
import SystemCalls

/// What the kernel says about one process (proc(5)).
struct ProcessMeter: Sendable {
    let processID: Int32

    /// CPU seconds so far, user and system, all threads. Two readings differ by a clock tick (10 ms) at worst.
    func cpuSeconds() throws -> Double {
        let text = try Files.readText("/proc/\(processID)/stat", limit: 4096)
        // The name may hold spaces and parentheses: what counts begins after the last one.
        guard let end = text.lastIndex(of: ")") else { throw BrokenRun("/proc/\(processID)/stat is unreadable") }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw BrokenRun("/proc/\(processID)/stat is unreadable")
        }
        return (user + system) / 100
    }

    /// Resident memory now, in MB (10^6 bytes).
    func residentMB() throws -> Double { try megabytes("VmRSS:") }

    /// The most resident memory so far, in MB.
    func peakMB() throws -> Double { try megabytes("VmHWM:") }

    private func megabytes(_ field: String) throws -> Double {
        let text = try Files.readText("/proc/\(processID)/status", limit: 16384)
        for line in text.split(separator: "\n") where line.hasPrefix(field) {
            if let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Double($0) }) {
                return kibibytes * 1024 / 1e6
            }
        }
        throw BrokenRun("process \(processID) is gone")
    }
}
