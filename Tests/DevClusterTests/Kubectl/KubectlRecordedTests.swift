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
/// Each file `Fixtures/kubectl-*.json` holds commands in their order with the exit code and output that they had against
/// kube-apiserver 1.36.0, for clients 1.32 and 1.37 (`newer`, where the later one differs). Compared are the texts with
/// identities, times, versions and ages replaced by words; of `explain` for built-in kinds only the fields, because the
/// sentences are ours; and only the exit code where the text depends on who is quicker. `OWNER` in what a command reads
/// stands for the uid of its `owner`.
@Suite(
    .timeLimit(.minutes(3)),
    .disabled(if: Kubectl.isMissing, "kubectl is not on this machine, so nothing is known about it"))
struct KubectlRecordedTests {
    private static let root = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 })

    @Test(arguments: ["recorded", "workloads", "deletion", "objects", "makers"])
    func everyCommandAnswersAsRecorded(_ recorded: String) async throws {
        let recording = try JSONValue.parse(
            Files.readBytes("\(Self.root)/Tests/DevClusterTests/Fixtures/kubectl-\(recorded).json"))
        let namespace = try #require(recording["namespace"]?.stringValue)
        let steps = try #require(recording["steps"]?.arrayValue)
        #expect(steps.count > 40)
        try await Kubectl.withServer { kubectl, server in
            for name in try Files.list("\(Self.root)/crds").sorted() {
                for definition in try YAMLParser.documents(Files.readText("\(Self.root)/crds/\(name)")) {
                    _ = try server.cluster.create(definition, type: .customResourceDefinition, namespace: nil)
                }
            }
            let isNewer = try await Self.minorVersion(kubectl) > 32
            for step in steps {
                var arguments = step["arguments"]?.strings ?? []
                if step["namespaced"] == true {
                    arguments.insert(contentsOf: ["-n", namespace], at: arguments.firstIndex(of: "--") ?? arguments.count)
                }
                var input = step["input"]?.stringValue
                if let owner = step["owner"]?.stringValue {
                    let uid = try await kubectl("get", owner, "-n", namespace, "-o", "jsonpath={.metadata.uid}")
                    input = input?.replacing("OWNER", with: uid)
                }
                let result = try await kubectl.run(arguments, input: input, editor: step["editor"]?.stringValue)
                let wanted = isNewer ? step["newer"] ?? step : step
                let command = "kubectl \(arguments.joined(separator: " "))"
                #expect(Int64(result.exitCode) == wanted["exit"]?.integerValue, "\(command)")
                if step["exitOnly"] == true { continue }
                var text = String(decoding: result.stdout + result.stderr, as: UTF8.self)
                if step["fieldsOnly"] == true { text = Self.fields(of: text) }
                #expect(Self.normalized(text) == Self.normalized(wanted["output"]?.stringValue ?? ""), "\(command)")
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
        text.replace(#/\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d \+0000/#, with: "TIME")
        text.replace(#/(Gen_)[a-z0-9]{5}/#) { "\($0.output.1)NAME" }
        text.replace(#/resourceVersion: "\d+"/#, with: "resourceVersion: \"N\"")
        text.replace(#/(LIVE|MERGED)-\d+/#) { "\($0.output.1)-X" }
        // How wide the column is depends on the ages in it.
        text.replace(#/ +(AGE|\d+s)( +|(?=\s|$))/#, with: " AGE ")
        text.replace(#/https?:\/\/127\.0\.0\.1:\d+/#, with: "URL")
        text.replace(#/\/tmp\/kubectl\w*-edit-\d+/#, with: "/tmp/EDIT")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        return String(lines.joined(separator: "\n").reversed().drop { $0 == "\n" }.reversed())
    }
}
