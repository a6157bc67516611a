// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import KubernetesAPI
import Testing

@testable import DevCluster

@Suite(
    .timeLimit(.minutes(3)),
    .disabled(if: Kubectl.isMissing, "kubectl is not on this machine, so nothing is known about it"))
struct KubectlTests {
    private static let widgets = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.dev}
        spec:
          group: example.dev
          scope: Namespaced
          names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wi], categories: [codex]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            additionalPrinterColumns:
            - {name: Size, type: integer, jsonPath: .spec.size}
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            - {name: Color, type: string, priority: 1, jsonPath: .spec.color}
            - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
            schema:
              openAPIV3Schema:
                type: object
                description: A widget.
                properties:
                  spec:
                    type: object
                    description: What is wanted of it.
                    properties:
                      size: {type: integer, default: 1, maximum: 10, description: How big it is.}
                      color: {type: string, maxLength: 10}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """
    private static let widget = """
        apiVersion: example.dev/v1
        kind: Widget
        metadata: {name: w, labels: {team: a}}
        spec: {color: red}
        """

    @Test func versionAndDiscovery() async throws {
        try await Kubectl.withServer { kubectl, _ in
            #expect(try await kubectl("version").contains("codex-k8s-dev"))
            let resources = try await kubectl("api-resources")
            #expect(resources.contains("deployments") && resources.contains("deploy"))
            #expect(try await kubectl("get", "--raw", "/readyz").contains("ok"))
            #expect(try await kubectl("auth", "whoami").contains("kubernetes-admin"))
            #expect(try await kubectl("auth", "can-i", "create", "pods", "--as", "ann", exits: 1).contains("no"))
        }
    }

    @Test func customResourcesFromApplyToDelete() async throws {
        try await Kubectl.withServer { kubectl, _ in
            try await kubectl("apply", "-f", "-", input: Self.widgets)
            try await kubectl("wait", "--for=condition=Established", "crd/widgets.example.dev")
            #expect(try await kubectl("apply", "-f", "-", input: Self.widget).contains("created"))
            #expect(try await kubectl("apply", "-f", "-", input: Self.widget).contains("unchanged"))
            let bad = Self.widget.replacing("color: red", with: "color: red, bogus: 1")
            #expect(
                try await kubectl("apply", "-f", "-", input: bad, exits: 1).contains("unknown field \"spec.bogus\""))
            let big = Self.widget.replacing("color: red", with: "size: 11")
            #expect(try await kubectl("apply", "-f", "-", input: big, exits: 1).contains("spec.size"))
            let table = try await kubectl("get", "wi").split(separator: "\n").map {
                $0.split(separator: " ").map(String.init)
            }
            #expect(table.first == ["NAME", "SIZE", "READY", "AGE"])
            #expect(table.last?.prefix(2) == ["w", "1"])
            #expect(try await kubectl("get", "widget", "w", "-o", "wide").contains("red"))
            // kubectl keeps what it discovered before the definition was there; this asks anew.
            #expect(try await kubectl("api-resources", "--api-group=example.dev").contains("widgets"))
            #expect(try await kubectl("get", "codex", "-A", "-o", "name") == "widget.example.dev/w")
            #expect(
                try await kubectl("get", "wi", "-o", "jsonpath={.items[0].spec}") == "{\"color\":\"red\",\"size\":1}")
            #expect(try await kubectl("get", "wi", "w", "-o", "yaml").contains("  color: red\n"))
            #expect(try await kubectl("get", "wi", "-l", "team=b").contains("No resources found"))
            #expect(try await kubectl("get", "wi", "--field-selector", "metadata.name=w", "-o", "name").contains("/w"))
            #expect(try await kubectl("describe", "wi", "w").contains("Color:  red"))
            #expect(try await kubectl("explain", "widget.spec.size").contains("How big it is."))
            try await kubectl("label", "wi", "w", "team=b", "--overwrite")
            try await kubectl("annotate", "wi", "w", "note=x")
            try await kubectl("patch", "wi", "w", "--type=merge", "-p", "{\"spec\":{\"size\":3}}")
            #expect(try await kubectl("get", "wi", "-l", "team=b", "-o", "jsonpath={.items[*].spec.size}") == "3")
            #expect(try await kubectl("get", "wi", "w", "-o", "jsonpath={.metadata.generation}") == "2")
            let status = "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
            try await kubectl("patch", "wi", "w", "--type=merge", "--subresource=status", "-p", status)
            #expect(try await kubectl("wait", "--for=condition=Ready", "wi/w").contains("condition met"))
            #expect(try await kubectl("delete", "wi", "w").contains("deleted"))
            #expect(try await kubectl("get", "wi", "w", exits: 1).contains("NotFound"))
        }
    }

    @Test func builtInKindsAreAppliedPatchedAndMade() async throws {
        try await Kubectl.withServer { kubectl, _ in
            func deployment(_ image: String) -> String {
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec:
                  selector: {matchLabels: {app: d}}
                  template:
                    metadata: {labels: {app: d}}
                    spec: {containers: [{name: a, image: "\(image)", env: [{name: A, value: "1"}]}]}
                """
            }
            try await kubectl("apply", "-f", "-", input: deployment("x:1"))
            try await kubectl(
                "patch", "deploy", "d", "-p",
                "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"s\"}]}}}}")
            #expect(try await kubectl("apply", "-f", "-", input: deployment("x:2")).contains("configured"))
            let images = "jsonpath={.spec.template.spec.containers[*].image}"
            let found = try await kubectl("get", "deploy", "d", "-o", images)
            #expect(Set(found.split(separator: " ")) == ["x:2", "s"])
            try await kubectl("create", "configmap", "c", "--from-literal=a=b")
            #expect(try await kubectl("get", "cm", "c", "-o", "jsonpath={.data.a}") == "b")
            try await kubectl("create", "secret", "generic", "s", "--from-literal=a=b")
            try await kubectl("create", "namespace", "team")
            try await kubectl("create", "token", "default", "-n", "team")
            #expect(try await kubectl("get", "all").contains("deployment.apps/d"))
            #expect(try await kubectl("delete", "ns", "team").contains("deleted"))
            #expect(try await kubectl("get", "ns", "team", exits: 1).contains("NotFound"))
        }
    }

    /// kubectl knows that lists are no kind of the server only from OpenAPI 2 in protobuf.
    @Test func listsAreAppliedAndOldDocumentsExplained() async throws {
        try await Kubectl.withServer { kubectl, _ in
            let list = """
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: b}}
                - {apiVersion: v1, kind: Secret, metadata: {name: two}, stringData: {a: b}}
                """
            let applied = try await kubectl("apply", "-f", "-", input: list)
            #expect(applied.contains("configmap/one created") && applied.contains("secret/two created"))
            let wrong = try await kubectl(
                "apply", "-f", "-", input: list.replacing("data: {a: b}}", with: "dat: {a: b}}"), exits: 1)
            #expect(wrong.contains("unknown field \"dat\""), "\(wrong)")
            let explained = try await kubectl("explain", "deployment.spec.strategy", "--output=plaintext-openapiv2")
            #expect(explained.contains("rollingUpdate") && explained.contains("<Object>"), "\(explained)")
        }
    }

    @Test func serverSideApplySaysWhoOwnsWhat() async throws {
        try await Kubectl.withServer { kubectl, _ in
            func map(_ value: String) -> String {
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: \"\(value)\"}\n"
            }
            try await kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", input: map("1"))
            let conflict = try await kubectl(
                "apply", "--server-side", "--field-manager=two", "-f", "-", input: map("2"), exits: 1)
            #expect(conflict.contains("conflict with \"one\"") && conflict.contains(".data.x"))
            try await kubectl(
                "apply", "--server-side", "--force-conflicts", "--field-manager=two", "-f", "-", input: map("2"))
            #expect(try await kubectl("get", "cm", "c", "-o", "jsonpath={.data.x}") == "2")
            #expect(try await kubectl("diff", "-f", "-", input: map("3"), exits: 1).contains("+  x: \"3\""))
        }
    }

    @Test func watchingAndWaiting() async throws {
        try await Kubectl.withServer { kubectl, server in
            try await kubectl("apply", "-f", "-", input: Self.widgets)
            try await kubectl("apply", "-f", "-", input: Self.widget)
            var watching = try kubectl.configuration(["get", "wi", "-w"])
            watching.output = .stream
            let process = try await ChildProcess.spawn(watching)
            var lines = process.output.lines.makeAsyncIterator()
            #expect(await lines.next()?.hasPrefix("NAME") == true)
            #expect(await lines.next()?.hasPrefix("w ") == true)
            try await kubectl("patch", "wi", "w", "--type=merge", "-p", "{\"spec\":{\"size\":7}}")
            #expect(await lines.next()?.contains(" 7 ") == true)
            process.terminate()
            let hold = "{\"metadata\":{\"finalizers\":[\"example.dev/hold\"]}}"
            try await kubectl("patch", "wi", "w", "--type=merge", "-p", hold)
            async let gone = kubectl("wait", "--for=delete", "wi/w", "--timeout=30s")
            async let deleted = kubectl("delete", "wi", "w")
            let type = ResourceType(
                group: "example.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)
            for await event in server.cluster.watch(type) where event.object.isBeingDeleted {
                break
            }
            let release = "[{\"op\":\"remove\",\"path\":\"/metadata/finalizers\"}]"
            try await kubectl("patch", "wi", "w", "--type=json", "-p", release)
            #expect(try await deleted.contains("deleted"))
            _ = try await gone
        }
    }

    @Test func podsRunAndTheirLogsAreFollowed() async throws {
        try await Kubectl.withServer { kubectl, _ in
            try await kubectl(
                "apply", "-f", "-",
                input: """
                    apiVersion: batch/v1
                    kind: Job
                    metadata: {name: j}
                    spec:
                      backoffLimit: 0
                      template:
                        spec:
                          restartPolicy: Never
                          containers:
                          - {name: a, image: none, command: [/bin/sh, -c, "echo one; echo two"]}
                    """)
            #expect(try await kubectl("wait", "--for=condition=Complete", "job/j", "--timeout=30s").contains("met"))
            let log = try await kubectl("logs", "-f", "job/j")
            #expect(log == "one\ntwo")
            #expect(try await kubectl("get", "job", "j").contains("Complete"))
            let pods = try await kubectl("get", "pods", "-l", "job-name=j")
            #expect(pods.contains("Completed") && pods.contains("0/1"))
            #expect(try await kubectl("describe", "pod", "-l", "job-name=j").contains("Reason:       Completed"))
            try await kubectl("delete", "job", "j")
            try await kubectl("wait", "--for=delete", "pod", "-l", "job-name=j", "--timeout=30s")
        }
    }
}
