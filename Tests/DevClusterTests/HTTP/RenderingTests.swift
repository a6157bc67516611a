// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import Testing

@testable import DevCluster

@Suite struct RenderingTests {
    @Test(arguments: [
        (0, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (599, "9m59s"), (600, "10m"), (10_799, "179m"),
        (10_800, "3h"), (11_400, "3h10m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (180_000, "2d2h"),
        (691_200, "8d"), (63_072_000, "2y"), (70_000_000, "2y80d"),
    ])
    func ages(seconds: Int64, text: String) {
        let now = Timestamp(microseconds: 1_900_000_000_000_000)
        let then = Timestamp(microseconds: now.microseconds - seconds * 1_000_000)
        #expect(TableRenderer.age(then, now: now) == text)
    }

    @Test(
        arguments: [
            (".spec.size", "3"), (".status.conditions[?(@.type==\"Ready\")].status", "True"),
            (".status.conditions[0].type", "Other"), (".metadata.labels.app\\.kubernetes\\.io/name", "x"),
            (".metadata.labels['app.kubernetes.io/name']", "x"), (".spec.list[*]", "a"), (".spec.missing", nil),
        ] as [(String, String?)])
    func jsonPaths(path: String, text: String?) throws {
        let object: JSONValue = [
            "metadata": ["labels": ["app.kubernetes.io/name": "x"]], "spec": ["size": 3, "list": ["a", "b"]],
            "status": ["conditions": [["type": "Other", "status": "False"], ["type": "Ready", "status": "True"]]],
        ]
        let found = try #require(JSONPath(path)).first(in: object)
        #expect(found.map(TableColumns.text) == text)
    }

    @Test(
        arguments: [
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", ResponseFormat.table),
            ("application/vnd.kubernetes.protobuf,application/json", .object), (nil, .object),
            ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", .metadata),
        ] as [(String?, ResponseFormat)])
    func formatsAreNegotiated(accept: String?, format: ResponseFormat) throws {
        #expect(try ResponseFormat(accept: accept, verb: "list") == format)
    }

    @Test(arguments: [
        ("application/xml", "get"), ("application/json;as=Foo;g=meta.k8s.io;v=v1", "get"),
        ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "list"),
    ])
    func whatNobodyMakesIsNotAcceptable(accept: String, verb: String) throws {
        #expect(try refusal { _ = try ResponseFormat(accept: accept, verb: verb) }.code == 406)
    }

    @Test(
        arguments: [
            ([:] as JSONValue, "Pending"),
            (["containerStatuses": [["state": ["waiting": ["reason": "ErrImagePull"]]]]], "ErrImagePull"),
            (["containerStatuses": [["state": ["terminated": ["exitCode": 3]]]]], "ExitCode:3"),
            (["initContainerStatuses": [["state": ["waiting": ["reason": "PodInitializing"]]]]], "Init:0/1"),
        ] as [(JSONValue, String)])
    func podStatuses(status: JSONValue, text: String) {
        var pod: JSONValue = ["spec": ["containers": [["name": "a"]], "initContainers": [["name": "i"]]]]
        pod["status"] = status
        pod.setValue("Pending", at: ["status", "phase"])
        #expect(PodColumns.status(pod) == text)
    }

    @Test func protobufBodiesAreRead() throws {
        func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
            [UInt8(number << 3 | 2), UInt8(bytes.count)] + bytes
        }
        func text(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
        let type = text(1, "v1") + text(2, "ConfigMap")
        let metadata = text(1, "a") + text(3, "default") + field(8, [])
        let entry = text(1, "key") + text(2, "value")
        let raw = field(1, metadata) + field(2, entry)
        let body = Array("k8s".utf8) + [0] + field(1, type) + field(2, raw)
        let object = try ProtobufDecoder.object(body)
        #expect(
            object == [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "default"],
                "data": ["key": "value"],
            ])
        for cut in 4..<body.count - 1 {
            // Whatever is cut off, it is refused or read, never a crash.
            _ = try? ProtobufDecoder.object(Array(body[..<cut]))
        }
    }
}
