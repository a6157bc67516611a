// SPDX-License-Identifier: MIT
import HTTPServing
import KubernetesAPI
import KubernetesTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct InFlightLimitTests {
    @Test func `places go round in order of arrival`() async {
        let limit = InFlightLimit(1)
        #expect(await limit.acquire())
        let order = Collector<Int>()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    #expect(await limit.acquire())
                    order.append(number)
                    limit.release()
                }
                while limit.waitingCount <= number { await Task.yield() }
            }
            limit.release()
        }
        #expect(order.values == Array(0..<100))
        #expect(await limit.acquire())
    }

    @Test func `who is cancelled takes no place`() async {
        let limit = InFlightLimit(1)
        #expect(await limit.acquire())
        let cancelled = Task { await limit.acquire() }
        while limit.waitingCount < 1 { await Task.yield() }
        let patient = Task { await limit.acquire() }
        while limit.waitingCount < 2 { await Task.yield() }
        cancelled.cancel()
        #expect(await cancelled.value == false)
        limit.release()
        #expect(await patient.value)
    }

    @Test func `requests beyond the limit wait here, watches do not count`() async throws {
        let arrived = Collector<String>()
        let opening = Collector<Bool>()
        let handler: ScriptedServer.Handler = { request in
            arrived.append(request.rawTarget)
            if request.rawTarget.contains("watch=true") { return .endlessWatch() }
            await opening.wait(count: 1)
            return .json(configMapValue("a", version: 1))
        }
        try await ScriptedServer.run(handler) { server in
            let resource = server.client(maximumRequestsInFlight: 2).resource(ConfigMap.self, namespace: "default")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { _ = try await resource.get("a") } }
                await arrived.wait(count: 2)
                group.addTask { _ = try await resource.get("late") }
                let watch = try await resource.watch()
                await arrived.wait(count: 3)
                #expect(arrived.values.last?.contains("watch=true") == true)
                withExtendedLifetime(watch) {}
                opening.append(true)
                try await group.waitForAll()
            }
            #expect(arrived.values.last?.hasSuffix("late") == true)
        }
    }
}
