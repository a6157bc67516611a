// SPDX-License-Identifier: MIT
import ChildProcesses
import FoundationEssentials
import JSONCoding
import KubernetesAPI
import SystemCalls
import Testing
import YAMLCoding

@testable import DevCluster

/// What `kubectl` prints against the embedded server, to the letter what it printed against a real one.
///
/// `Fixtures/kubectl-recorded.json` holds commands in their order with the exit code and output that they had against
/// kube-apiserver 1.36.0, for clients 1.32 and 1.37 (`newer`, where the later one differs). Compared are the texts with
/// identities, times, versions and ages replaced by words; of `explain` for built-in kinds only the fields, because the
/// sentences are ours.
@Suite(
    .timeLimit(.minutes(3)),
    .disabled(if: Kubectl.isMissing, "kubectl is not on this machine, so nothing is known about it"))
struct KubectlRecordedTests {
    private static let root = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 })

    private static func recording() throws -> JSONValue {
        try JSONValue.parse(Files.readBytes("\(root)/Tests/DevClusterTests/Fixtures/kubectl-recorded.json"))
    }

    @Test func everyCommandAnswersAsRecorded() async throws {
        let recording = try Self.recording()
        let namespace = try #require(recording["namespace"]?.stringValue)
        let steps = try #require(recording["steps"]?.arrayValue)
        #expect(steps.count > 100)
        try await Kubectl.withServer { kubectl, server in
            for name in try Files.list("\(Self.root)/crds").sorted() {
                for definition in try YAMLParser.documents(Files.readText("\(Self.root)/crds/\(name)")) {
                    _ = try server.cluster.create(definition, type: .customResourceDefinition, namespace: nil)
                }
            }
            let isNewer = try await Self.minorVersion(kubectl) > 32
            for step in steps {
                var arguments = step["arguments"]?.strings ?? []
                if step["namespaced"] == true { arguments += ["-n", namespace] }
                let result = try await kubectl.run(
                    arguments, input: step["input"]?.stringValue, editor: step["editor"]?.stringValue)
                let wanted = isNewer ? step["newer"] ?? step : step
                var text = String(decoding: result.stdout + result.stderr, as: UTF8.self)
                if step["fieldsOnly"] == true { text = Self.fields(of: text) }
                #expect(
                    Self.normalized(text) == wanted["output"]?.stringValue, "kubectl \(arguments.joined(separator: " "))")
                #expect(
                    Int64(result.exitCode) == wanted["exit"]?.integerValue,
                    "kubectl \(arguments.joined(separator: " "))")
            }
        }
    }

    /// The minor version of the client.
    private static func minorVersion(_ kubectl: Kubectl) async throws -> Int {
        let text = try await kubectl("version", "--client", "-o", "json")
        let minor = try JSONValue.parse(text).at("clientVersion", "minor")?.stringValue ?? ""
        return try #require(Int(minor.prefix { $0.isNumber }))
    }

    /// The part of an explanation that lists fields.
    private static func fields(of text: String) -> String {
        text.firstRange(of: "\nFIELDS:").map { String(text[text.index(after: $0.lowerBound)...]) } ?? text
    }

    /// The text without what differs from run to run.
    private static func normalized(_ text: String) -> String {
        var text = text
        text.replace(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "UID")
        text.replace(#/20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?( [+]0000)?( UTC)?/#, with: "TIME")
        text.replace(#/resourceVersion: "\d+"/#, with: "resourceVersion: \"N\"")
        text.replace(#/(LIVE|MERGED)-\d+/#) { "\($0.output.1)-X" }
        text.replace(#/ +\d+s(?=\s|$)/#, with: " AGE")
        text.replace(#/https?:\/\/127\.0\.0\.1:\d+/#, with: "URL")
        text.replace(#/\/tmp\/kubectl\w*-edit-\d+/#, with: "/tmp/EDIT")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        return String(lines.joined(separator: "\n").reversed().drop { $0 == "\n" }.reversed())
    }
}
