// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesTestSupport
import Synchronization

@testable import ControllerRuntime

/// One lease behind HTTP with optimistic locking, that can stop answering.
final class LeaseStub: Sendable {
    enum Mode: Sendable { case answers, isSilent, fails }

    private struct State: Sendable {
        var object: JSONValue?
        var version = 0
        var mode = Mode.answers
        var requests: [String] = []
    }

    private let state = Mutex(State())

    /// What the lease says; nil when there is none.
    var record: ElectionRecord? { state.withLock { $0.object.map { ElectionRecord(spec: $0["spec"]) } } }
    var holder: String? { record?.holder }
    var object: JSONValue? { state.withLock { $0.object } }
    /// Methods in order of arrival.
    var requests: [String] { state.withLock { $0.requests } }

    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    /// Writes the lease as somebody else would.
    func put(_ record: ElectionRecord) {
        state.withLock { state in
            var object = state.object ?? [:]
            record.write(into: &object)
            Self.store(object, &state)
        }
    }

    func answer(_ request: ServerRequest) async -> ServerResponse {
        let mode = state.withLock { state in
            state.requests.append(request.method.rawValue)
            return state.mode
        }
        switch mode {
        case .answers: break
        case .fails: return .failure(500, "InternalError")
        case .isSilent:
            try? await Task.sleep(for: .seconds(3600))
            return .failure(500, "InternalError")
        }
        let body = (try? JSONValue.parse(request.body)) ?? .null
        return state.withLock { state -> ServerResponse in
            switch request.method {
            case .get:
                return state.object.map { .json($0) } ?? .failure(404, "NotFound")
            case .post:
                if state.object != nil { return .failure(409, "AlreadyExists") }
                Self.store(body, &state)
            default:
                guard let old = state.object else { return .failure(404, "NotFound") }
                guard body.at("metadata", "resourceVersion") == old.at("metadata", "resourceVersion") else {
                    return .failure(409, "Conflict")
                }
                Self.store(body, &state)
            }
            return .json(state.object ?? .null)
        }
    }

    private static func store(_ object: JSONValue, _ state: inout State) {
        state.version += 1
        var object = object
        object.setValue(.string(String(state.version)), at: ["metadata", "resourceVersion"])
        state.object = object
    }
}
