// SPDX-License-Identifier: MIT
import KubernetesClient
import ServiceRuntime
import Synchronization

/// Asks the API server now and then whether it is there, for `/readyz`.
///
/// Not on each request: the edge faces the internet, and its health page must not be a way to load the API server.
final class APIServerProbe: Service {
    private let client: APIClient
    private let interval: Duration
    private let isReachable = Mutex(false)

    init(client: APIClient, interval: Duration = .seconds(10)) {
        self.client = client
        self.interval = interval
    }

    /// What is missing, in words.
    var missing: [String] { isReachable.withLock { $0 } ? [] : ["the API server"] }

    func run() async throws {
        while !Task.isCancelled {
            let answered = (try? await client.version()) != nil
            isReachable.withLock { $0 = answered }
            // Soon again while it is away: readiness should not lag by a whole interval.
            try? await Task.sleep(for: answered ? interval : .seconds(1))
        }
    }
}
