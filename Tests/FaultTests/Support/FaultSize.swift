// SPDX-License-Identifier: MIT
import SystemCalls

/// How large the tests of failures are: small enough for every run, or as large as where the failures were met.
enum FaultSize {
    /// Whether `FAULT_SIZE=full` asks for the large ones, which take minutes each.
    static let isFull = ProcessIdentity.environment["FAULT_SIZE"] == "full"

    /// One of two sizes.
    static func pick<Value>(_ quick: Value, full: Value) -> Value { isFull ? full : quick }
}
