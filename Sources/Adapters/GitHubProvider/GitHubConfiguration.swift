// SPDX-License-Identifier: MIT
package import Cryptography
package import HTTPTransport
package import ServiceRuntime

/// How a GitHub App is reached and who it is.
package struct GitHubConfiguration: Sendable {
    /// The address of REST, without a slash at the end: `https://api.github.com`, or `…/api/v3` of an Enterprise
    /// Server.
    package var apiURL: String
    /// The address in front of `OWNER/REPOSITORY.git`.
    package var gitURL: String
    /// The app's number.
    package var appID: Int64
    /// Signs the app's own tokens.
    package var privateKey: RSAPrivateKey
    /// Trust beside the system's, for an Enterprise Server.
    package var tls: TLSOptions?
    /// Whole time of one request.
    package var deadline = Duration.seconds(10)
    /// Our own limits of writes.
    package var budget = RequestBudget.Limits()
    /// What time it is.
    package var clock = WallClock.system
    /// Asked right before every request that changes something: why it must not be sent, nil when it may.
    package var writeObjection: @Sendable () -> String? = { nil }

    /// The given app at the given addresses, defaults for the rest.
    package init(apiURL: String, gitURL: String, appID: Int64, privateKey: RSAPrivateKey, tls: TLSOptions? = nil) {
        func trimmed(_ url: String) -> String {
            var url = url[...]
            while url.hasSuffix("/") { url.removeLast() }
            return String(url)
        }
        self.apiURL = trimmed(apiURL)
        self.gitURL = trimmed(gitURL)
        self.appID = appID
        self.privateKey = privateKey
        self.tls = tls
    }
}
