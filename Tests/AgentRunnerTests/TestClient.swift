// SPDX-License-Identifier: MIT
import HTTPTransport

/// A client that ends with the test.
final class TestClient: Sendable {
    let client = HTTPClient(configuration: .init())

    deinit { client.shutdown() }
}
