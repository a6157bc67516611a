// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import Synchronization

/// What the agent has said about itself so far, from the lines of its progress file.
///
/// The tail of the file writes it; reports and the session's snapshots read it.
final class AgentProgress: Sendable {
    /// One line of the file.
    enum Entry: Equatable {
        case session(id: String, resumed: Bool)
        case status(String)
        case waiting(ProgressReport.Waiting)
        case working

        /// nil for a line that says nothing that is known here; newer agents may know more.
        init?(_ json: JSONValue) {
            switch json["type"]?.stringValue {
            case "session":
                guard let id = json["id"]?.stringValue, SessionName.isValid(id) else { return nil }
                self = .session(id: id, resumed: json["resumed"]?.boolValue ?? false)
            case "status":
                guard let text = json["text"]?.stringValue else { return nil }
                self = .status(OneLine.make(text, limit: ProgressReport.longestLine))
            case "waiting":
                // The run API knows no others, and would refuse the whole report.
                guard let state = json["state"]?.stringValue, WaitState(rawValue: state) != nil else { return nil }
                self = .waiting(
                    .init(
                        state: state, reason: OneLine.make(json["reason"]?.stringValue ?? "", limit: 200),
                        until: json["until"]?.integerValue))
            case "working": self = .working
            default: return nil
            }
        }
    }

    /// What is known now.
    struct State: Equatable {
        var sessionID: String?
        var sessionResumed: Bool?
        var line: String?
        var waiting: ProgressReport.Waiting?

        mutating func take(_ entry: Entry) {
            switch entry {
            case .session(let id, let resumed):
                sessionID = id
                sessionResumed = resumed
            case .status(let text): line = text.isEmpty ? line : text
            case .waiting(let waiting): self.waiting = waiting
            case .working: waiting = nil
            }
        }
    }

    private let storage = Mutex(State())

    /// What is known now.
    var state: State { storage.withLock { $0 } }

    /// The agent's session, once it has one.
    var sessionID: String? { state.sessionID }

    /// Takes one line of the file; what is not understood is passed over.
    func take(line: some Collection<UInt8>) {
        guard let json = try? JSONValue.parse(Array(line)), let entry = Entry(json) else { return }
        storage.withLock { $0.take(entry) }
    }
}
