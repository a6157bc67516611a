// SPDX-License-Identifier: MIT

/// Waits for something that nobody announces, such as a file that a program writes.
///
/// It looks again after a moment instead of at once: tests that spin would take the processors from what they wait for.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(2)) }
}
