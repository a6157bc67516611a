// SPDX-License-Identifier: MIT
package import JSONCoding
import SystemCalls

/// How the process kubelet runs.
package struct KubeletConfiguration: Sendable {
    /// Folder for pods' volumes, logs and messages; one kubelet at a time may use it.
    package var stateDirectory: String
    /// Where programs are looked for first: the folder of the running executable, with `agent-runner` in it.
    package var executableDirectory: String
    /// Further folders with programs that a container's image would hold, looked into next.
    package var programDirectories: [String] = []
    /// Runs each container as the user that its `securityContext` names, with files of its own: for a kubelet of root's.
    package var separatesUsers = false
    /// Where containers find the API server, for `KUBERNETES_SERVICE_HOST` and `_PORT`.
    package var apiServer: (host: String, port: Int)?
    /// Makes tokens for projected volumes: pod, audience, lifetime in seconds.
    package var issueToken: (@Sendable (JSONValue, String?, Int) throws(StatusError) -> String)?
    /// First pause before a container that ended is started again; doubled each time, at most five minutes.
    package var restartPause = Duration.seconds(10)
    /// Pause before looking again for a Secret, ConfigMap or program that is missing.
    package var retryPause = Duration.seconds(1)

    /// - Parameter executableDirectory: by default the folder of this process's own executable.
    package init(stateDirectory: String, executableDirectory: String? = nil) {
        self.stateDirectory = stateDirectory
        self.executableDirectory =
            executableDirectory ?? Files.directory(of: (try? Files.executablePath()) ?? "/usr/local/bin/codex-k8s")
    }
}

/// Variables by which processes of pods are known again, also by a kubelet that was started anew.
enum ProcessMark {
    static let state = "CODEXK8S_KUBELET_STATE"
    static let podUID = "CODEXK8S_POD_UID"
}
