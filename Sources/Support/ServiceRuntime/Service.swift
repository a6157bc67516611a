// SPDX-License-Identifier: MIT

/// A long-lived part of a process: a server, an informer, a controller, a pool.
///
/// `run()` is the whole lifetime. Nothing starts in an initializer, and nothing outlives the call, so that a
/// ``ServiceGroup`` can start and stop parts in a known order.
package protocol Service: Sendable {
    /// Works until there is nothing left to do or the task is cancelled.
    ///
    /// Cancellation is the request to stop gracefully: finish what was begun, release what is held, return. A service
    /// that was cancelled may return normally or throw `CancellationError`; both mean that it stopped as asked.
    func run() async throws
}

/// A service made of one closure, for wiring code that has nothing worth a type of its own.
package struct ClosureService: Service {
    private let body: @Sendable () async throws -> Void

    /// Makes a service that runs `body`.
    package init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    /// Runs the closure.
    package func run() async throws {
        try await body()
    }
}
