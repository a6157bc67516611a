// SPDX-License-Identifier: MIT
package import AgentAPI
package import CommandLineInterface
import Cryptography
package import GitHubProvider
package import HTTPTransport
import JSONCoding
package import Postgres
package import ServiceRuntime
import SystemCalls
import YAMLCoding

/// Options that several commands share, and what they mean.
package enum CommonOptions {
    /// The file that `OperatorConfiguration` is read from.
    package static let config = Option<String>.required(
        "config", .file, environment: "CODEXK8S_CONFIG", help: "The operator's configuration.")
    /// The database; it holds a password, so it is best given by the environment.
    package static let databaseURL = Option<String>.required(
        "database-url", .text("URL", expectation: "a Postgres URL"), environment: "CODEXK8S_DATABASE_URL", sensitive: true,
        help: "The audit's database, as libpq takes it.")
    /// Where migrations are read from; see ``migrationSource(_:)``.
    package static let migrations = Option<String?>.optional(
        "migrations", .folder, help: "The numbered SQL files; by default those that came with the program.")
    /// What is logged.
    package static let logLevel = Option<LogLevel>.optional(
        "log-level", .choice("LEVEL"), default: "info", environment: "CODEXK8S_LOG_LEVEL", help: "The least weight that is logged.")

    /// The logger that the options ask for.
    package static func logger(_ parsed: ParsedCommand, _ label: String) throws -> Logger {
        Logger(label: label, level: try parsed[logLevel])
    }

    /// Reads and checks the configuration file.
    ///
    /// - Throws: `UnusableInput` with every problem found.
    package static func configuration(at path: String) throws -> OperatorConfiguration {
        do {
            return try OperatorConfiguration(YAMLParser.document(Files.readText(path, limit: 1 << 20)))
        } catch let error as AgentAPI.ConfigurationError {
            throw UnusableInput(error.problems.map { "\(path): \($0)" }.joined(separator: "\n"))
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
    }

    /// The migrations of a folder, else those that came with the program.
    ///
    /// - Throws: `UnusableInput` when none came with it.
    package static func migrationSource(_ folder: String?) throws -> MigrationSource {
        if let folder { return .directory(folder) }
        guard let found = MigrationSource.beside(executable: try Files.executablePath()) else {
            throw UnusableInput("no migrations came with this program; name their folder by --migrations")
        }
        return found
    }

    /// The adapter to GitHub that the configuration describes.
    ///
    /// - Parameter writeObjection: why nothing may be changed there now; nil when it may.
    /// - Throws: `UnusableInput` when the App, its key or the authority's file is missing or unreadable.
    package static func provider(
        _ configuration: OperatorConfiguration, http: HTTPClient,
        writeObjection: @escaping @Sendable () -> String? = { nil }, logger: Logger
    ) throws -> GitHubAppProvider {
        guard let appID = configuration.github.appID, let keyFile = configuration.github.privateKeyFile else {
            throw UnusableInput("the configuration needs github.appID and github.privateKeyFile")
        }
        let key: RSAPrivateKey
        do {
            key = try RSAPrivateKey(pem: Files.readText(keyFile, limit: 1 << 16))
        } catch {
            throw UnusableInput("\(keyFile): \(error)")
        }
        var tls: TLSOptions?
        if let file = configuration.github.caFile {
            var options = TLSOptions()
            do {
                options.caPEM = try Files.readText(file, limit: 1 << 20)
            } catch {
                throw UnusableInput("\(file): \(error)")
            }
            tls = options
        }
        var github = GitHubConfiguration(
            apiURL: configuration.github.apiURL, gitURL: configuration.github.gitURL, appID: appID, privateKey: key,
            tls: tls)
        github.writeObjection = writeObjection
        return GitHubAppProvider(configuration: github, http: http, logger: logger)
    }
}
