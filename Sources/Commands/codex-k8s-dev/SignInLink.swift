// SPDX-License-Identifier: MIT
import Cryptography
import ServiceRuntime
import Synchronization

/// What lets the person at the laptop into its pages once, without a token to copy.
final class SignInLink: Sendable {
    /// What has to be shown; made anew at each start.
    let code = Secret(Hex.encode(RandomBytes.generate(32)))
    private let token = Mutex<Secret<String>?>(nil)

    /// The token that the code stands for, from now on until it is used.
    func offer(_ token: Secret<String>) { self.token.withLock { $0 = token } }

    /// The token, for the first who shows the code; nil for everybody else.
    func redeem(_ shown: String) -> Secret<String>? {
        guard constantTimeEquals(Array(shown.utf8), Array(code.reveal().utf8)) else { return nil }
        return token.withLock { token in
            defer { token = nil }
            return token
        }
    }
}
