// SPDX-License-Identifier: MIT
import JSONCoding

/// One container of a pod as far as a process can be one.
struct ContainerSpec: Sendable, Equatable {
    enum Role: Sendable, Equatable {
        /// Runs to its end before the next begins.
        case initial
        /// An init container with `restartPolicy: Always`: runs beside all that follow, and ends after them.
        case sidecar
        case main
    }

    let name: String
    let image: String
    let role: Role
    let command: [String]
    let arguments: [String]
    let workingDirectory: String?
    let environment: [JSONValue]
    let environmentSources: [JSONValue]
    let mounts: [JSONValue]
    let terminationMessagePath: String
    let fallsBackToLogs: Bool
    /// Whom it wants to run as (`securityContext.runAsUser` and `runAsGroup`, its own before the pod's).
    let user: Int64?
    let group: Int64?

    private init(_ json: JSONValue, role: Role, pod: JSONValue) {
        self.role = role
        name = json["name"]?.stringValue ?? ""
        image = json["image"]?.stringValue ?? ""
        command = json["command"]?.strings ?? []
        arguments = json["args"]?.strings ?? []
        workingDirectory = json["workingDir"]?.stringValue
        environment = json["env"]?.arrayValue ?? []
        environmentSources = json["envFrom"]?.arrayValue ?? []
        mounts = json["volumeMounts"]?.arrayValue ?? []
        terminationMessagePath = json["terminationMessagePath"]?.stringValue ?? "/dev/termination-log"
        let ours = json["securityContext"]
        let podWide = pod.at("spec", "securityContext")
        user = (ours?["runAsUser"] ?? podWide?["runAsUser"])?.integerValue
        group = (ours?["runAsGroup"] ?? podWide?["runAsGroup"])?.integerValue
        fallsBackToLogs = json["terminationMessagePolicy"]?.stringValue == "FallbackToLogsOnError"
    }

    /// The pod's containers, init containers first, in the order of the spec.
    static func all(of pod: JSONValue) -> [ContainerSpec] {
        let initial = (pod.at("spec", "initContainers")?.arrayValue ?? []).map { json in
            ContainerSpec(json, role: json["restartPolicy"]?.stringValue == "Always" ? .sidecar : .initial, pod: pod)
        }
        return initial + (pod.at("spec", "containers")?.arrayValue ?? []).map { ContainerSpec($0, role: .main, pod: pod) }
    }
}
