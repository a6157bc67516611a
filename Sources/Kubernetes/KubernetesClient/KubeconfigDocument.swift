// SPDX-License-Identifier: MIT
import JSONCoding
import YAMLCoding

/// What one kubeconfig file, or several merged ones, say.
struct KubeconfigDocument {
    /// An entry with the file that it comes from: paths in it are relative to that.
    struct Entry {
        var content: JSONValue
        var path: String
    }

    var currentContext: String?
    var clusters: [String: Entry] = [:]
    var users: [String: Entry] = [:]
    var contexts: [String: Entry] = [:]

    init() {}

    init(text: String, path: String) throws(ConfigurationError) {
        let document: JSONValue
        do {
            document = try YAMLParser.document(text)
        } catch {
            throw ConfigurationError(source: path, problem: "\(error)")
        }
        guard document.objectValue != nil else {
            throw ConfigurationError(source: path, problem: "is not a kubeconfig: expected a mapping")
        }
        if let current = document["current-context"]?.stringValue, !current.isEmpty { currentContext = current }
        clusters = try Self.entries(document, "clusters", "cluster", path)
        users = try Self.entries(document, "users", "user", path)
        contexts = try Self.entries(document, "contexts", "context", path)
    }

    private static func entries(
        _ document: JSONValue, _ list: String, _ member: String, _ path: String
    ) throws(ConfigurationError) -> [String: Entry] {
        var entries: [String: Entry] = [:]
        guard let listed = document[list], !listed.isNull else { return [:] }
        guard let items = listed.arrayValue else {
            throw ConfigurationError(source: path, problem: "\(list) is not a list")
        }
        for item in items {
            guard let name = item["name"]?.stringValue else {
                throw ConfigurationError(source: path, problem: "an entry of \(list) has no name")
            }
            // kubectl refuses it too: which of the two was meant?
            guard entries[name] == nil else {
                throw ConfigurationError(source: path, problem: "\(list) has two entries named \"\(name)\"; remove one")
            }
            entries[name] = Entry(content: item[member] ?? .object([:]), path: path)
        }
        return entries
    }

    /// What is there already stays.
    mutating func merge(_ other: KubeconfigDocument) {
        currentContext = currentContext ?? other.currentContext
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
        contexts.merge(other.contexts) { first, _ in first }
    }
}
