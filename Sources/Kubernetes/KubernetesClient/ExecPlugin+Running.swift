// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import ServiceRuntime
import SystemCalls

extension ExecPlugin {
    /// How a call ended, under the names of client-go's metric.
    enum CallStatus: String, Sendable {
        case ok = "no_error", failed = "plugin_execution_error", missing = "plugin_not_found_error"
        case unusable = "client_internal_error"
    }

    /// Runs the program and reads its answer.
    ///
    /// - Parameters:
    ///   - cluster: what to tell it about the cluster.
    ///   - environment: this process's.
    ///   - count: told how the call ended, and with which exit code.
    func credential(
        cluster: JSONValue?, environment: [String: String] = ProcessIdentity.environment,
        count: (CallStatus, Int32) -> Void = { _, _ in }
    ) async throws(APIError) -> ExecCredential {
        let result: ChildProcess.Result
        do {
            result = try await ChildProcess.run(
                configuration(cluster: cluster, environment: environment), timeout: timeout)
        } catch {
            switch error as? ChildProcessError {
            case .executableNotFound?:
                count(.missing, 1)
                throw problem("is not there, or cannot be run", hint: installHint)
            case .timedOut?:
                count(.failed, 1)
                throw problem("was ended: it took longer than \(timeout)")
            default:
                count(.unusable, 1)
                throw problem("could not be run: \(error)")
            }
        }
        guard result.exitCode == 0 else {
            count(.failed, result.exitCode)
            let words = excerpt(of: result.errorText)
            throw problem("failed with exit code \(result.exitCode)\(words.isEmpty ? "" : ": \(words)")")
        }
        do {
            let credential = try ExecCredential(output: result.stdout, version: version)
            count(.ok, 0)
            return credential
        } catch {
            count(.unusable, 1)
            throw problem("answered what cannot be used: \(error)")
        }
    }

    private func configuration(
        cluster: JSONValue?, environment: [String: String]
    ) throws -> ChildProcess.Configuration {
        var variables = environment
        for (name, value) in self.environment { variables[name] = value }
        variables["KUBERNETES_EXEC_INFO"] = info(cluster: cluster)
        // Searched where this process would find it, whatever PATH the program itself is given.
        let executable = try ExecutableSearch.find(
            command, path: environment["PATH"] ?? ExecutableSearch.defaultPath)
        return ChildProcess.Configuration(
            executable: executable, arguments: arguments, environment: variables, output: .collect(limit: 1 << 20),
            errors: .collect(limit: 16 << 10))
    }

    /// What the program said on standard error: the end of it, on one line, without the secrets it was given.
    func excerpt(of errors: String) -> String {
        var text = errors
        for (_, value) in environment where value.utf8.count >= 4 {
            text = text.split(separator: value, omittingEmptySubsequences: false).joined(separator: "‹redacted›")
        }
        let line = text.split(whereSeparator: \.isNewline).map(trimmed(ofPart:)).filter { !$0.isEmpty }
            .joined(separator: "; ")
        return line.count <= 400 ? line : "… " + line.suffix(400)
    }

    private func trimmed(ofPart part: Substring) -> String { KubernetesClient.trimmed(String(part)) }

    private func problem(_ words: String, hint: String? = nil) -> APIError {
        let advice = hint.map { "; \(KubernetesClient.trimmed($0))" } ?? ""
        return APIError(
            reason: .transport, message: "the kubeconfig's exec plugin \(command) \(words)\(advice)",
            mayHaveBeenDone: false)
    }
}
