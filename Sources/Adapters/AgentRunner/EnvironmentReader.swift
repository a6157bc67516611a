// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// Reads variables strictly, naming the one that is wrong.
struct EnvironmentReader {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// The value; nil when missing or empty, which a Job cannot always tell apart.
    func optional(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    func text(_ name: String) throws(RunnerError) -> String {
        guard let value = optional(name) else { throw .configuration(variable: name, problem: "is missing") }
        return value
    }

    func positiveInteger(_ name: String) throws(RunnerError) -> Int {
        let value = try text(name)
        guard let number = Int(value), number > 0 else {
            throw .configuration(variable: name, problem: "must be a whole number above 0, not \(value)")
        }
        return number
    }

    func folder(_ name: String) throws(RunnerError) -> String {
        let value = try text(name)
        guard value.hasPrefix("/") else {
            throw .configuration(variable: name, problem: "must be an absolute path, not \(value)")
        }
        return value
    }

    /// True for the word `true`; missing or anything else is false.
    func flag(_ name: String) -> Bool { optional(name) == "true" }

    /// An address without credentials, query and last slash.
    func address(_ name: String) throws(RunnerError) -> String {
        let url = try text(name)
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@"), !url.contains("?") else {
            throw .configuration(variable: name, problem: "must be an http address without credentials")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// The same; nil when missing or empty.
    func optionalAddress(_ name: String) throws(RunnerError) -> String? {
        optional(name) == nil ? nil : try address(name)
    }

    /// A session's name; nil when missing or empty.
    func sessionName(_ name: String) throws(RunnerError) -> String? {
        guard let value = optional(name) else { return nil }
        guard SessionName.isValid(value) else {
            throw .configuration(variable: name, problem: "is not the name of a session: \(value)")
        }
        return value
    }

    /// A path below an address, with its slash; nil when missing or empty.
    func path(_ name: String) throws(RunnerError) -> String? {
        guard let value = optional(name) else { return nil }
        guard value.hasPrefix("/") else {
            throw .configuration(variable: name, problem: "must be a path below the broker's address, not \(value)")
        }
        return value
    }

    /// A branch name that cannot be read as an option or as several refs (git-check-ref-format(1), the part that
    /// matters here: the names come from our own controller or from the repository).
    func branch(_ name: String) throws(RunnerError) -> String {
        let value = try text(name)
        let isPlain = value.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !Array("~^:?*[\\".utf8).contains(byte)
        }
        guard isPlain, !value.hasPrefix("-"), !value.hasPrefix("/"), !value.contains("..") else {
            throw .configuration(variable: name, problem: "is not a branch name: \(value)")
        }
        return value
    }

    func objectID(_ name: String) throws(RunnerError) -> String? {
        guard let value = optional(name) else { return nil }
        let isHex = value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isHex, value.utf8.count == 40 || value.utf8.count == 64 else {
            throw .configuration(variable: name, problem: "must be a full commit id, not \(value)")
        }
        return value
    }

    func command(_ name: String) throws(RunnerError) -> [String] {
        let value = try text(name)
        let words = (try? JSONValue.parse(value))?.arrayValue?.map(\.stringValue)
        guard let words, !words.isEmpty, !words.contains(nil) else {
            throw .configuration(variable: name, problem: "must be a JSON array of strings, not \(value)")
        }
        return words.compactMap(\.self)
    }
}
