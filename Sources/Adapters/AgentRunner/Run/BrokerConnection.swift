// SPDX-License-Identifier: MIT
import SystemCalls

/// How the agent's container finds the broker: through a file in the folder that they share.
struct BrokerConnection: Sendable {
    let addressFile: String
    /// How long the broker may take to start; it is ready within milliseconds.
    let patience: Duration

    init(_ configuration: RunnerConfiguration) {
        addressFile = configuration.brokerAddressFile
        patience = configuration.brokerPatience
    }

    /// The broker's base address as it is now, `http://127.0.0.1:PORT/NONCE`: one that was started again may listen
    /// elsewhere.
    func address() async throws -> String {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            if let text = try? Files.readText(addressFile, limit: 4096), text.hasPrefix("http") {
                return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? text
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw RunnerError.brokerUnavailable(file: addressFile, waited: patience)
    }
}
