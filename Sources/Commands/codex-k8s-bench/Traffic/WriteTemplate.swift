// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding

/// The writes that an operator was seen to make for one object, ready to be made again for others.
///
/// What was recorded is repeated to the byte, but for what tells one object from the next: the run's name and uid, the
/// names of objects that would collide, the uids in owner references and the versions in preconditions, which come from
/// the answers of the repetition itself.
struct WriteTemplate: Sendable {
    private enum Part: Sendable {
        case text(String)
        /// A value that differs from object to object, by its number.
        case slot(Int)
    }

    private struct Write: Sendable {
        var method: HTTPMethod
        var target: [Part]
        var contentType: String
        var body: [Part]
        /// Where uid and version of the answer go.
        var uidSlot: Int
        var versionSlot: Int
    }

    private enum Value: Sendable { case runName, runUID, runVersion, answer, name(String) }

    private var writes: [Write] = []
    private var values: [Value] = [.runName, .runUID, .runVersion]

    /// How many writes an object takes.
    var count: Int { writes.count }
    /// What they are, for the report.
    private(set) var summary = ""

    /// Makes a template of what was recorded for one run.
    init(run: CreatedRun, requests: [RecordedRequest]) throws {
        let recorded = requests.filter { $0.isWrite && !$0.isLease && $0.status.isSuccess }
        guard !recorded.isEmpty else { throw BrokenRun("no write was seen: does the operator use its KUBECONFIG?") }
        var identifiers = [run.name: 0, run.uid: 1]
        var versions = [run.resourceVersion: 2]
        var ownNamespaces: Set<String> = []
        var verbs: [String: Int] = [:]
        for request in recorded {
            let answer = try JSONValue.parse(request.answer)
            let name = answer.at("metadata", "name")?.stringValue ?? ""
            let namespace = answer.at("metadata", "namespace")?.stringValue
            let kind = answer["kind"]?.stringValue ?? "?"
            if request.method == .post, !name.isEmpty {
                if kind == "Namespace" { ownNamespaces.insert(name) }
                let isAlone = namespace.map(ownNamespaces.contains) ?? false
                if !isAlone, !name.contains(run.name), identifiers[name] == nil {
                    identifiers[name] = values.count
                    values.append(.name(name))
                }
            }
            let write = Write(
                method: request.method, target: Self.parts(request.target, identifiers, versions),
                contentType: request.contentType,
                body: Self.parts(String(decoding: request.body, as: UTF8.self), identifiers, versions),
                uidSlot: values.count, versionSlot: values.count + 1)
            values += [.answer, .answer]
            if request.method == .post, let uid = answer.at("metadata", "uid")?.stringValue { identifiers[uid] = write.uidSlot }
            if let version = answer.at("metadata", "resourceVersion")?.stringValue { versions[version] = write.versionSlot }
            writes.append(write)
            let isStatus = request.target.prefix { $0 != "?" }.hasSuffix("/status")
            verbs["\(request.method) \(kind)\(isStatus ? "/status" : "")", default: 0] += 1
        }
        summary = verbs.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }
            .joined(separator: ", ")
    }

    /// Cuts a text at everything that differs from object to object; the longest identifier wins.
    private static func parts(_ text: String, _ identifiers: [String: Int], _ versions: [String: Int]) -> [Part] {
        var sorted = identifiers.map { (Array($0.key.utf8), $0.value, false) }.sorted { $0.0.count > $1.0.count }
        // A version is digits like many others: it counts only where a version stands.
        sorted += versions.map { (Array("\"\($0.key)\"".utf8), $0.value, true) }
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            let found = sorted.first { pattern, _, isVersion in
                guard bytes[index...].starts(with: pattern) else { return false }
                guard isVersion else { return true }
                let before = String(decoding: bytes[max(0, index - 30)..<index], as: UTF8.self)
                return before.contains("esourceVersion\"")
            }
            guard let (pattern, slot, isVersion) = found else {
                index += 1
                continue
            }
            let quote = isVersion ? 1 : 0
            parts.append(.text(String(decoding: bytes[start..<(index + quote)], as: UTF8.self)))
            parts.append(.slot(slot))
            index += pattern.count
            start = index - quote
        }
        parts.append(.text(String(decoding: bytes[start...], as: UTF8.self)))
        return parts
    }

    /// Makes all writes for one object, one after the other.
    ///
    /// - Parameter number: makes names that would collide differ.
    func replay(for run: CreatedRun, number: Int, as server: BareServer, _ http: HTTPClient) async throws {
        var texts = values.map { value -> String in
            switch value {
            case .runName: run.name
            case .runUID: run.uid
            case .runVersion: run.resourceVersion
            case .answer: ""
            case .name(let name): "\(name)-\(number)"
            }
        }
        for write in writes {
            let answer = try await server.write(
                http, write.method, Self.text(write.target, texts), body: Array(Self.text(write.body, texts).utf8),
                contentType: write.contentType)
            let metadata = try JSONValue.parse(answer.body)["metadata"]
            texts[write.uidSlot] = metadata?["uid"]?.stringValue ?? ""
            texts[write.versionSlot] = metadata?["resourceVersion"]?.stringValue ?? ""
        }
    }

    private static func text(_ parts: [Part], _ texts: [String]) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .slot(let slot): result += texts[slot]
            }
        }
        return result
    }
}
