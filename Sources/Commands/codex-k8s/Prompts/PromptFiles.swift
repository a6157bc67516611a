// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import CommandLineInterface
import JSONCoding
import Prompts
import SourceProvider
import SystemCalls
import YAMLCoding

/// The files that `codex-k8s prompts` is given.
enum PromptFiles {
    private static let limit = 4 << 20

    /// An AgentRun in YAML or JSON.
    static func run(at path: String) throws -> AgentRun {
        let document = try document(path)
        guard document["kind"]?.stringValue == "AgentRun" else {
            throw UnusableInput("\(path): expected an AgentRun, found kind \(document["kind"]?.description ?? "none")")
        }
        do {
            return try document.decode(AgentRun.self)
        } catch let error as DecodingError {
            throw UnusableInput("\(path): \(explain(error))")
        }
    }

    /// A template.
    static func template(at path: String, name: String) throws -> PromptTemplate {
        do {
            return try PromptTemplate(Files.readText(path, limit: limit), name: name)
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
    }

    /// A template of a checkout; nil when there is none.
    static func seed(_ path: String, limit: Int) throws(ProviderError) -> [UInt8]? {
        guard Files.exists(path), !Files.isDirectory(path) else { return nil }
        do {
            return try Files.readBytes(path, limit: limit)
        } catch {
            throw ProviderError(code: .invalid, request: path, message: "\(error)")
        }
    }

    /// An issue in YAML or JSON, strictly: a misspelt key would leave something out without a word.
    static func issue(at path: String, for preview: PromptPreview) throws -> PromptPreview.Facts {
        var reader = IssueReader(try document(path), path: path)
        let facts = reader.facts(for: preview)
        guard reader.problems.isEmpty else { throw UnusableInput(reader.problems.joined(separator: "\n")) }
        return facts
    }

    /// What stands for an issue that nobody could ask for.
    static func placeholder(for preview: PromptPreview) -> PromptPreview.Facts {
        let nobody = SourceActor(id: 0, login: "", isBot: false)
        let issue = SourceIssue(
            number: preview.run.spec.issue, title: "(The title of issue \(preview.run.spec.issue).)",
            body: "(Its text, as the code host has it when the run starts.)", isOpen: true, labels: [], author: nobody,
            url: "")
        return PromptPreview.Facts(
            repository: nil, issue: issue, pullRequest: nil, comments: [], candidates: [], locales: nil)
    }

    private static func document(_ path: String) throws -> JSONValue {
        do {
            return try YAMLParser.document(Files.readText(path, limit: limit))
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty ? "the document" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            (context.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".") + " is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }
}

/// Reads `--issue FILE`.
private struct IssueReader {
    private let document: JSONValue
    private let path: String
    private(set) var problems: [String] = []

    init(_ document: JSONValue, path: String) {
        self.document = document
        self.path = path
    }

    mutating func facts(for preview: PromptPreview) -> PromptPreview.Facts {
        check(document, "", known: ["title", "body", "labels", "author", "comments", "pullRequest"])
        let title = text(document, "title", at: "")
        if title == nil, problems.isEmpty { problems.append("\(path): title is missing") }
        let labels = document["labels"]?.arrayValue ?? []
        let isList = document["labels"] == nil || document["labels"]?.arrayValue != nil
        if !isList || labels.contains(where: { $0.stringValue == nil }) {
            problems.append("\(path): labels: expected a list of texts")
        }
        var comments: [PromptComment] = []
        for (index, entry) in (document["comments"]?.arrayValue ?? []).enumerated() {
            let place = "comments[\(index)]."
            check(entry, place, known: ["author", "body", "path", "line"])
            let file = text(entry, "path", at: place)
            comments.append(
                PromptComment(
                    author: text(entry, "author", at: place) ?? "unknown", body: text(entry, "body", at: place) ?? "",
                    place: file.map { $0 + (entry["line"]?.integerValue.map { ":\($0)" } ?? "") }))
        }
        let issue = SourceIssue(
            number: preview.run.spec.issue, title: title ?? "", body: text(document, "body", at: "") ?? "",
            isOpen: true, labels: labels.compactMap(\.stringValue),
            author: SourceActor(id: 0, login: text(document, "author", at: "") ?? "", isBot: false), url: "")
        return PromptPreview.Facts(
            repository: nil, issue: issue, pullRequest: pullRequest(preview), comments: comments, candidates: [],
            locales: nil)
    }

    private mutating func pullRequest(_ preview: PromptPreview) -> PullRequest? {
        guard let value = document["pullRequest"] else { return nil }
        check(value, "pullRequest.", known: ["number", "title", "body"])
        guard let number = value["number"]?.integerValue else {
            problems.append("\(path): pullRequest.number: expected a number")
            return nil
        }
        return PullRequest(
            number: Int(number), url: "", title: text(value, "title", at: "pullRequest.") ?? "",
            body: text(value, "body", at: "pullRequest.") ?? "", isOpen: true, isMerged: false,
            headBranch: preview.branch, headSHA: "", headRepositoryID: nil, baseBranch: "", baseRepositoryID: 0,
            author: SourceActor(id: 0, login: "", isBot: true), labels: [])
    }

    private mutating func check(_ value: JSONValue, _ place: String, known: [String]) {
        guard let object = value.objectValue else {
            problems.append("\(path): \(place.isEmpty ? "the document" : String(place.dropLast())): expected a mapping")
            return
        }
        for key in object.keys where !known.contains(key) {
            problems.append("\(path): \(place)\(key): unknown key; known here: \(known.joined(separator: ", "))")
        }
    }

    private mutating func text(_ value: JSONValue, _ key: String, at place: String) -> String? {
        guard let member = value[key], !member.isNull else { return nil }
        guard let text = member.stringValue else {
            problems.append("\(path): \(place)\(key): expected text")
            return nil
        }
        return text
    }
}
