// SPDX-License-Identifier: MIT

/// A file or value that was given and cannot be used: the caller's to mend, exit code 2.
package struct UnusableInput: Error, CustomStringConvertible {
    /// What is wrong with which of them.
    package let description: String

    /// Describes what cannot be used.
    package init(_ description: String) { self.description = description }
}
