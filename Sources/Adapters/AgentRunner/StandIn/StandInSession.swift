// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import SystemCalls

/// The stand-in's session: a file in the session's folder, named by its id, so that sessions can be tried without
/// codex.
struct StandInSession: Equatable {
    let id: String
    /// Runs that belonged to it.
    var runs: Int

    /// A new one, under a name that no other has.
    static func fresh() -> StandInSession {
        var generator = SystemRandomNumberGenerator()
        return StandInSession(id: "stand-in-\(String(generator.next(), radix: 16))", runs: 0)
    }

    /// The session of this id; nil when its file is missing or broken.
    static func read(_ folder: String, id: String) -> StandInSession? {
        guard SessionName.isValid(id), let json = AgentResult.read(path(folder, id)), json["id"]?.stringValue == id,
            let runs = json["runs"]?.integerValue, runs >= 0, runs < 1 << 30
        else { return nil }
        return StandInSession(id: id, runs: Int(runs))
    }

    /// Keeps it.
    func write(_ folder: String) throws {
        try Files.createDirectory(folder)
        let json: JSONValue = ["id": .string(id), "runs": .integer(Int64(runs))]
        try Files.writeAtomically(Self.path(folder, id), json.encoded(), durable: false)
    }

    private static func path(_ folder: String, _ id: String) -> String { "\(folder)/\(id).json" }
}
