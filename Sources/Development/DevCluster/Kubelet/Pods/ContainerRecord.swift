// SPDX-License-Identifier: MIT
import JSONCoding

/// What is known of one container: the source of its entry in the pod's status.
struct ContainerRecord: Sendable, Equatable {
    struct Termination: Sendable, Equatable {
        var exitCode: Int32
        var reason: String
        var message: String?
        var startedAt: Timestamp?
        var finishedAt: Timestamp
    }

    enum State: Sendable, Equatable {
        case waiting(reason: String, message: String?)
        case running(since: Timestamp)
        case terminated(Termination)
    }

    let name: String
    let image: String
    let role: ContainerSpec.Role
    var state = State.waiting(reason: "PodInitializing", message: nil)
    var last: Termination?
    var restartCount = 0
    var processID: Int32?

    init(_ spec: ContainerSpec) {
        name = spec.name
        image = spec.image
        role = spec.role
    }

    var isRunning: Bool { if case .running = state { true } else { false } }
    var termination: Termination? { if case .terminated(let termination) = state { termination } else { nil } }

    /// Takes over what an earlier kubelet wrote.
    mutating func restore(_ json: JSONValue) {
        restartCount = Int(json["restartCount"]?.integerValue ?? 0)
        last = json.at("lastState", "terminated").flatMap { Self.termination($0) }
        if let terminated = json.at("state", "terminated").flatMap({ Self.termination($0) }) {
            state = .terminated(terminated)
        } else if let since = json.at("state", "running", "startedAt")?.stringValue.flatMap({ Timestamp($0) }) {
            state = .running(since: since)
        }
    }

    private static func termination(_ json: JSONValue) -> Termination? {
        guard let code = json["exitCode"]?.integerValue else { return nil }
        let time = { (key: String) in json[key]?.stringValue.flatMap { Timestamp($0) } }
        return Termination(
            exitCode: Int32(truncatingIfNeeded: code), reason: json["reason"]?.stringValue ?? "",
            message: json["message"]?.stringValue, startedAt: time("startedAt"),
            finishedAt: time("finishedAt") ?? Timestamp(microseconds: 0))
    }
}
