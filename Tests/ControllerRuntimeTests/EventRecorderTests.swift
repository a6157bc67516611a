// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import KubernetesClient
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct EventRecorderTests {
    private let note = EventNote(
        regarding: ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "u"),
        isWarning: true, reason: "Tried", action: "Try", message: "It did not work.")

    @Test func `an event has the form of events k8s io, and the same again is a series`() async throws {
        try await ScriptedServer.run({ .json((try? JSONValue.parse($0.body)) ?? .null) }) { server in
            // Time stands still, so that no series becomes due however long recording takes.
            let recorder = EventRecorder(
                client: server.client(), controller: "a.dev/b", instance: "host_1", time: ManualTime().source)
            let running = Task { try await recorder.run() }
            for _ in 0..<10_000 {
                recorder.record(note)
                if server.requests.isEmpty { _ = await eventually { !server.requests.isEmpty } }
            }
            running.cancel()
            try await running.value
            let requests = server.requests
            #expect(requests.count <= 3)
            #expect(requests.first?.rawTarget == "/apis/events.k8s.io/v1/namespaces/n/events")
            let event = try JSONValue.parse(requests[0].body)
            #expect(event["apiVersion"] == "events.k8s.io/v1" && event["type"] == "Warning" && event["series"] == nil)
            #expect(event["reason"] == "Tried" && event["action"] == "Try" && event["note"] == "It did not work.")
            #expect(event.at("regarding", "uid") == "u" && event["eventTime"]?.stringValue?.count == 27)
            #expect(event["reportingController"] == "a.dev/b" && event["reportingInstance"] == "host_1")
            let name = try #require(event.at("metadata", "name")?.stringValue)
            let last = try #require(requests.last)
            #expect(last.method == .patch && last.rawTarget.hasSuffix("/events/\(name)"))
            #expect(try (JSONValue.parse(last.body).at("series", "count")?.integerValue ?? 0) >= 2)
        }
    }

    @Test func `what waits at the end is written, and a server that does not answer holds nobody up`() async throws {
        let mayAnswer = Gate()
        try await ScriptedServer.run({ request in
            try? await mayAnswer.wait()
            return .json((try? JSONValue.parse(request.body)) ?? .null)
        }) { server in
            let time = ManualTime()
            let recorder = EventRecorder(
                client: server.client(), instance: "i", flushPeriod: .seconds(5), time: time.source)
            let running = Task { try await recorder.run() }
            recorder.record(note)
            #expect(await eventually { server.requests.count == 1 })
            running.cancel()
            await time.waitForSleeper(due: .seconds(5))
            time.advance(by: .seconds(5))
            try await running.value
            mayAnswer.open()

            let second = EventRecorder(client: server.client(), instance: "i")
            for name in ["A", "B"] {
                var other = note
                other.reason = name
                second.record(other)
            }
            let ending = Task { try await second.run() }
            ending.cancel()
            try await ending.value
            #expect(server.requests.count >= 3)
            // Closed: nobody would write it.
            second.record(note)
        }
    }

    @Test func `a server that is away for a moment is asked again, about the same event`() async throws {
        let answers = Mutex(0)
        try await ScriptedServer.run({ request in
            let count = answers.withLock { count in
                count += 1
                return count
            }
            return count == 1 ? .failure(503, "ServiceUnavailable") : .json((try? JSONValue.parse(request.body)) ?? .null)
        }) { server in
            let time = ManualTime()
            let metrics = MetricsRegistry()
            let recorder = EventRecorder(client: server.client(), instance: "i", metrics: metrics, time: time.source)
            let running = Task { try await recorder.run() }
            recorder.record(note)
            await time.waitForSleepers(1)
            time.advance(by: .milliseconds(12_500))
            #expect(await eventually { server.requests.count == 2 })
            // The answer has come when the recorder waits again; cancelled before, the write counts as lost.
            #expect(await eventually { !time.dueTimes.isEmpty })
            running.cancel()
            try await running.value
            let names = try server.requests.map { try JSONValue.parse($0.body).at("metadata", "name") }
            #expect(names[0] != nil && names[0] == names[1])
            #expect(metrics.render().contains("codexk8s_events_dropped_total 0"))
        }
    }

    @Test func `a full queue drops and counts, and recording never waits`() {
        let metrics = MetricsRegistry()
        let server = EventRecorder(
            client: .init(configuration: .init(server: "http://127.0.0.1:9"), http: .init()), instance: "i",
            metrics: metrics)
        for _ in 0..<EventRecorder.capacity + 7 { server.record(note) }
        #expect(metrics.render().contains("codexk8s_events_dropped_total 7"))
    }
}
