// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import ServiceRuntime

/// Ports of loopback that nobody listens on at the moment.
package enum FreePorts {
    /// So many different ones. Someone may take one before it is used: whoever listens there has to be ready for that.
    package static func find(_ count: Int) async throws -> [Int] {
        var ports: [Int] = []
        var tasks: [Task<Void, any Error>] = []
        // All held at once, so that they differ.
        for _ in 0..<count {
            let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { _ in .empty(.ok) }
            tasks.append(Task { try await server.run() })
            ports.append(try await server.waitUntilListening())
        }
        for task in tasks {
            task.cancel()
            _ = try? await task.value
        }
        return ports
    }
}
