// SPDX-License-Identifier: MIT

/// What a push asks for: the commands before the pack (gitprotocol-pack(5), "Reference Update Request").
struct ReceivePackRequest: Equatable {
    struct Command: Equatable {
        let oldID: String
        let newID: String
        let reference: String

        /// All zeros as the new commit means: delete.
        var isDeletion: Bool { newID.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }
    }

    enum Failure: Error, Equatable {
        case malformed
        /// Signed pushes carry their commands in a certificate, which is not looked into.
        case signedPush
        /// More than any push of a run has; each of them takes memory, and a line of the answer.
        case tooManyCommands
    }

    /// The most commands that are read; more than one is refused in any case, with its reason beside each ref.
    static let commandLimit = 1000

    var commands: [Command] = []
    var capabilities: Set<String> = []

    /// Reads the commands. A flush alone, which git sends to try its credentials, is a request without commands.
    init(_ body: [UInt8]) throws(Failure) {
        var rest = body[...]
        while true {
            let item: PktLine.Item
            do throws(PktLine.Failure) { item = try PktLine.next(&rest) } catch { throw .malformed }
            guard case .data(let bytes) = item else { return }
            let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            var line = parts[0]
            if line.last == UInt8(ascii: "\n") { line.removeLast() }
            if parts.count == 2, commands.isEmpty {
                let words = parts[1].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
                capabilities = Set(words.map { String(decoding: $0, as: UTF8.self) })
            }
            try add(String(decoding: line, as: UTF8.self))
        }
    }

    private mutating func add(_ line: String) throws(Failure) {
        if line.hasPrefix("shallow ") { return }
        if line == "push-cert" { throw .signedPush }
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, Self.isObjectID(words[0]), Self.isObjectID(words[1]), !words[2].isEmpty else {
            throw .malformed
        }
        guard commands.count < Self.commandLimit else { throw .tooManyCommands }
        commands.append(Command(oldID: String(words[0]), newID: String(words[1]), reference: String(words[2])))
    }

    private static func isObjectID(_ text: Substring) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
