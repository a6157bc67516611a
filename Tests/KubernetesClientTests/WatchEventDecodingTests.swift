// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import Testing

@testable import KubernetesClient

@Suite struct WatchEventDecodingTests {
    private func event(_ value: JSONValue) throws -> WatchEvent<ConfigMap> {
        try WatchEvent(line: value.encoded())
    }

    @Test func `changes carry their object`() throws {
        let object = configMapValue("a", version: 3, data: ["k": "v"])
        guard case .added(let map) = try event(eventValue("ADDED", object)) else {
            Issue.record("not added")
            return
        }
        #expect(map.metadata.resourceVersion == "3" && map.data == ["k": "v"])
        guard case .modified = try event(eventValue("MODIFIED", object)) else {
            Issue.record("not modified")
            return
        }
        guard case .deleted = try event(eventValue("DELETED", object)) else {
            Issue.record("not deleted")
            return
        }
    }

    @Test func `managed fields are not read`() throws {
        let line = eventValue("ADDED", configMapValue("a", version: 3)).encoded()
        let event = try WatchEvent<DynamicObject>(line: line)
        guard case .added(let object) = event else {
            Issue.record("not added")
            return
        }
        #expect(object.content["metadata"]?["managedFields"] == nil)
        #expect(object.content["metadata"]?["uid"] != nil)
    }

    @Test(arguments: [
        (#"{"metadata":{"resourceVersion":"9"}}"#, "9", false),
        (#"{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}"#, "9", true),
        (#"{}"#, "", false),
    ])
    func `bookmarks`(object: String, version: String, isEnd: Bool) throws {
        guard case .bookmark(version, isEnd) = try event(eventValue("BOOKMARK", JSONValue.parse(object))) else {
            Issue.record("another event")
            return
        }
    }

    @Test func `errors come as status, whatever they look like`() throws {
        guard case .error(let status) = try event(eventValue("ERROR", statusValue(410, "Expired"))) else {
            Issue.record("not an error")
            return
        }
        #expect(status.code == 410 && status.reason == "Expired")
        guard case .error = try event(eventValue("ERROR", ["code": "x"])) else {
            Issue.record("not an error")
            return
        }
    }

    @Test func `an object that cannot be read does not end the watch`() throws {
        var object = configMapValue("a", version: 3)
        object["data"] = ["k": 1]
        guard case .undecodable(let poison, .modified) = try event(eventValue("MODIFIED", object)) else {
            Issue.record("another event")
            return
        }
        #expect(poison.key == ObjectKey("default/a"))
        #expect(poison.metadata.resourceVersion == "3")
        #expect(poison.problem.contains("data.k"))
    }

    @Test func `unknown types are kept apart`() throws {
        guard case .unknown("RENAMED") = try event(eventValue("RENAMED", [:])) else {
            Issue.record("another event")
            return
        }
    }

    @Test func `a line that is not JSON is an error`() {
        #expect(throws: JSONParseError.self) { try WatchEvent<ConfigMap>(line: Array("{\"type\":".utf8)) }
    }
}
