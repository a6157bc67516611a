// SPDX-License-Identifier: MIT
import SystemCalls

extension ControlPlane {
    /// The programs of a control plane.
    package struct Binaries: Sendable, Hashable {
        /// The path of etcd.
        package var etcd: String
        /// The path of kube-apiserver.
        package var apiServer: String
        /// The path of kube-controller-manager; nil runs no controllers.
        package var controllerManager: String?

        /// The programs in a folder, as envtest's `setup-envtest` lays them out; the controller manager if it is there.
        package init(folder: String) {
            etcd = "\(folder)/etcd"
            apiServer = "\(folder)/kube-apiserver"
            let manager = "\(folder)/kube-controller-manager"
            controllerManager = Files.isExecutable(manager) ? manager : nil
        }

        /// What envtest's variables name: the folder `KUBEBUILDER_ASSETS`, and single programs by
        /// `TEST_ASSET_ETCD` and `TEST_ASSET_KUBE_APISERVER`, which win. Nil where none of them is set.
        package init?(environment: [String: String]) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            let folder = value("KUBEBUILDER_ASSETS")
            let etcd = value("TEST_ASSET_ETCD")
            let apiServer = value("TEST_ASSET_KUBE_APISERVER")
            guard folder != nil || etcd != nil || apiServer != nil else { return nil }
            // Where envtest looks when it is told nothing.
            self.init(folder: folder ?? "/usr/local/kubebuilder/bin")
            if let etcd { self.etcd = etcd }
            if let apiServer { self.apiServer = apiServer }
        }

        /// The first program that cannot be run, if any.
        var missing: String? { [etcd, apiServer].first { !Files.isExecutable($0) } }
    }

    /// Someone whom the API servers know by a token.
    package struct User: Sendable, Hashable {
        /// The name, as RBAC and the audit log have it.
        package var name: String
        /// The groups; `system:masters` may do everything.
        package var groups: [String]

        /// Makes a user, without any right by default.
        package init(name: String, groups: [String] = []) {
            self.name = name
            self.groups = groups
        }

        /// Who may do everything. Every control plane has it.
        package static let admin = User(name: "kubernetes-admin", groups: ["system:masters"])
    }

    /// How a control plane is started.
    package struct Configuration: Sendable {
        /// What to start.
        package var binaries: Binaries
        /// The folder of all state, made if missing and kept; nil for one of its own that ``ControlPlane/stop()``
        /// removes.
        package var directory: String?
        /// Who is let in besides the administrator.
        package var users: [User] = []
        /// `--feature-gates` of the API servers.
        package var featureGates: [String: Bool] = [:]
        /// More flags of the API servers, without the leading dashes; they replace the defaults of the same name.
        package var apiServerFlags: [String: String] = [:]
        /// More flags of etcd, in the same way.
        package var etcdFlags: [String: String] = [:]
        /// Whether every request is written to an audit log, which ``APIServer/auditEntries()`` reads.
        package var keepsAuditLog = false
        /// What the controller manager runs.
        package var controllers = [
            "namespace-controller", "garbage-collector-controller", "resourcequota-controller",
            "serviceaccount-controller",
        ]
        /// How long a part may take to be ready.
        package var startTimeout = Duration.seconds(60)
        /// How long a part may take to end before it is killed.
        package var stopTimeout = Duration.seconds(2)

        /// The defaults for these programs.
        package init(binaries: Binaries) { self.binaries = binaries }

        /// What envtest's variables ask for, the two timeouts `KUBEBUILDER_CONTROLPLANE_START_TIMEOUT` and
        /// `KUBEBUILDER_CONTROLPLANE_STOP_TIMEOUT` (such as `30s` or `500ms`) among them. Nil where they name no
        /// programs: then nobody asked for a real control plane.
        ///
        /// - Throws: `ControlPlaneError` for a timeout that is none.
        package init?(environment: [String: String] = ProcessIdentity.environment) throws(ControlPlaneError) {
            guard let binaries = Binaries(environment: environment) else { return nil }
            self.binaries = binaries
            if let timeout = try Self.duration("KUBEBUILDER_CONTROLPLANE_START_TIMEOUT", environment) {
                startTimeout = timeout
            }
            if let timeout = try Self.duration("KUBEBUILDER_CONTROLPLANE_STOP_TIMEOUT", environment) {
                stopTimeout = timeout
            }
        }

        private static func duration(
            _ name: String, _ environment: [String: String]
        ) throws(ControlPlaneError) -> Duration? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            for (unit, seconds) in [("ms", 0.001), ("s", 1.0), ("m", 60.0)] where text.hasSuffix(unit) {
                guard let number = Double(text.dropLast(unit.count)), number > 0, number < 100_000 else { break }
                return .seconds(number * seconds)
            }
            throw ControlPlaneError(problem: "\(name)=\(text) is no time; write it as 30s, 500ms or 2m")
        }
    }
}
