// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// A server that asks for patience.
    @Suite struct FailureMode10Throttling {
        /// A server with one seat, as priority and fairness gives a level of one.
        private final class OneSeat: Sendable {
            struct State {
                var isTaken = false
                var refusals: [String: [Double]] = [:]
                var tries: [String: [Double]] = [:]
            }

            let state = Mutex(State())

            func answer(_ request: ServerRequest) async -> ServerResponse {
                if request.path.contains("/leases/") { return .json(["kind": "Lease"]) }
                let isFree = state.withLock { state in
                    state.tries[request.path, default: []].append(SeenRequest.now)
                    if state.isTaken {
                        state.refusals[request.path, default: []].append(SeenRequest.now)
                        return false
                    }
                    state.isTaken = true
                    return true
                }
                guard isFree else {
                    return .failure(429, "TooManyRequests", "no seat", headers: ["Retry-After": "1"])
                }
                try? await Task.sleep(for: .milliseconds(2))
                state.withLock { $0.isTaken = false }
                return .json(configMapValue("a", version: 1))
            }
        }

        // A scripted server: the embedded one has no priority levels.
        @Test func `fifty workers on one seat wait as long as they are asked to`() async throws {
            let seat = OneSeat()
            try await ScriptedServer.run({ await seat.answer($0) }) { server in
                let client = server.client(
                    retryPolicy: RetryPolicy(maximumAttempts: 10, waitingBudget: .seconds(30)))
                let leases = server.client()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<50 {
                        group.addTask { _ = try await client.objects(.configMap, namespace: "n").get("w\(worker)") }
                    }
                    // Renewals go on meanwhile.
                    for _ in 0..<10 {
                        _ = try await leases.objects(.lease, namespace: "n").get("leader")
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    try await group.waitForAll()
                }
                let state = seat.state.withLock { $0 }
                for (path, refusals) in state.refusals {
                    for refusal in refusals {
                        let next = state.tries[path]?.filter { $0 > refusal }.min() ?? .infinity
                        #expect(next - refusal >= 0.95, "\(path) came back after \(next - refusal) s")
                    }
                }
                let refused = state.refusals.values.map(\.count).reduce(0, +)
                #expect(refused <= 50 * 4, "\(refused) refusals of 50 requests")
            }
        }

        @Test(.enabled(if: FaultCluster.asksRealCluster, "only real servers have priority levels; see above"))
        func `fifty workers on a priority level of one seat get through, and the lead beside them is kept`() async throws {
            try await FaultCluster.run { cluster in
                let token = try await cluster.makeAccount(
                    "crowd",
                    rules: [
                        ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]],
                        ["apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]],
                    ])
                try await cluster.withOneSeat(for: "crowd") {
                    let metrics = MetricsRegistry()
                    let crowd = try cluster.client("crowd", isDirect: true, metrics: metrics) {
                        $0.token = .value(Secret(token))
                    }
                    let leases = try cluster.client("lease", isDirect: true, retryPolicy: .never) {
                        $0.token = .value(Secret(token))
                    }
                    let timing = ElectionTiming(
                        leaseDuration: .seconds(6), renewDeadline: .seconds(4), retryPeriod: .milliseconds(400))
                    let election = LeaderElection(
                        api: leases, namespace: cluster.namespace, name: "crowd", identity: "one", timing: timing)
                    let waits = Collector<Duration>()
                    let givenUp = Collector<APIError>()
                    let maps = crowd.objects(.configMap, namespace: cluster.namespace)
                    let length = FaultSize.pick(Duration.seconds(6), full: .seconds(60))
                    // It throws when the lease cannot be renewed in time.
                    try await election.lead {
                        let end = ContinuousClock.now + length
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for worker in 0..<50 {
                                group.addTask {
                                    var round = 0
                                    while ContinuousClock.now < end {
                                        let start = ContinuousClock.now
                                        // Each asks for another name, so that the oracle knows which tries belong together.
                                        let problem = await Self.problem(maps, "w-\(worker)-\(round)")
                                        waits.append(ContinuousClock.now - start)
                                        round += 1
                                        guard let problem else { continue }
                                        // The longer a crowd keeps on, the longer the server asks for, and what is
                                        // more than a request may wait is its caller's affair.
                                        #expect(problem.reason == .tooManyRequests, "\(problem)")
                                        givenUp.append(problem)
                                        try await Task.sleep(for: problem.retryAfter ?? .seconds(1))
                                    }
                                }
                            }
                            try await group.waitForAll()
                        }
                    }
                    let refused = metrics.total("rest_client_requests_total", "code=\"429\"")
                    let total = waits.values.count
                    #expect(refused > 0, "the level has one seat")
                    #expect(refused <= 2 * total, "\(refused) refusals of \(total) requests")
                    let slowest = waits.values.max() ?? .zero
                    #expect(slowest < .seconds(35), "nobody waits longer than requests may: \(slowest)")
                    let tries = Dictionary(grouping: try cluster.requests(of: "crowd"), by: \.target)
                    #expect(tries.count == total)
                    let pauses = tries.values.flatMap { tries in
                        zip(tries, tries.dropFirst()).map { $1.time - $0.time }
                    }
                    #expect(pauses.count == refused - givenUp.values.count)
                    #expect(pauses.allSatisfy { $0 >= 0.95 }, "a second is the least that it asks for")
                    let renewals = try cluster.requests(of: "lease").filter { $0.verb == "update" }
                    #expect(renewals.count >= Int(length / timing.renewDeadline), "\(renewals.count) renewals")
                    if FaultSize.isFull {
                        print(
                            "F10: \(total) requests, \(refused) refusals, \(givenUp.values.count) given up, "
                                + "at most \(slowest), \(renewals.count) renewals")
                    }
                }
            }
        }

        /// Why an object cannot be asked for; nil when it can.
        private static func problem(_ maps: ResourceClient<DynamicObject>, _ name: String) async -> APIError? {
            do throws(APIError) {
                _ = try await maps.find(name)
                return nil
            } catch {
                return error
            }
        }

        struct Refusal: Sendable, CustomTestStringConvertible {
            var method: HTTPMethod
            var status: Int
            var retryAfter: String?
            /// How often it is sent when it is refused once.
            var sent: Int
            var testDescription: String { "\(status) to \(method.rawValue), Retry-After \(retryAfter ?? "none")" }
        }

        @Test(arguments: [
            Refusal(method: .get, status: 429, sent: 2), Refusal(method: .post, status: 429, sent: 2),
            Refusal(method: .post, status: 429, retryAfter: "1", sent: 2),
            Refusal(method: .get, status: 503, retryAfter: "date", sent: 2),
            Refusal(method: .post, status: 503, retryAfter: "date", sent: 2),
            Refusal(method: .post, status: 503, sent: 1), Refusal(method: .get, status: 500, sent: 2),
            Refusal(method: .post, status: 500, sent: 1), Refusal(method: .patch, status: 500, sent: 1),
        ])
        func `what may have been done is not sent again`(_ refusal: Refusal) async throws {
            let answered = Mutex(0)
            try await ScriptedServer.run { request in
                let isFirst = answered.withLock { answered in
                    answered += 1
                    return answered == 1
                }
                guard isFirst else { return .json(configMapValue("a", version: 1)) }
                var headers: HTTPHeaders = [:]
                if refusal.retryAfter == "date" {
                    headers["Retry-After"] = Self.httpDate(in: 2)
                } else if let seconds = refusal.retryAfter {
                    headers["Retry-After"] = seconds
                }
                return .failure(refusal.status, "Scripted", headers: headers)
            } _: { server in
                let client = server.client(retryPolicy: RetryPolicy())
                let body: JSONValue? = refusal.method == .get ? nil : ["kind": "ConfigMap"]
                let start = ContinuousClock.now
                let answer = try? await client.request(refusal.method, "/api/v1/namespaces/n/configmaps", body: body)
                #expect(server.requests.count == refusal.sent)
                #expect((answer != nil) == (refusal.sent == 2))
                if refusal.retryAfter != nil { #expect(ContinuousClock.now - start >= .milliseconds(900)) }
            }
        }

        /// The format of RFC 9110, section 5.6.7.
        private static func httpDate(in seconds: Int) -> String {
            let time = Timestamp.now.microseconds / 1_000_000 + Int64(seconds)
            let days = time / 86_400
            // Days of a week since a Thursday, and civil dates as in Timestamp's own text.
            let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(days % 7)]
            let text = Timestamp(microseconds: time * 1_000_000).description
            let months = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ]
            let parts = text.split { !$0.isNumber }.map(String.init)
            return "\(weekday), \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) "
                + "\(parts[3]):\(parts[4]):\(parts[5]) GMT"
        }

        @Test(arguments: [20, 100])
        func `a large initial list is worked off beside fresh work`(_ freshPerSecond: Int) {
            var machine = WorkQueueMachine<Int>()
            let initial = 5000
            for key in 0..<initial { machine.add(key, priority: .low, now: .zero) }
            var open = Set(0..<initial)
            var now = Duration.zero
            var slowestFresh = Duration.zero
            var step = 0
            // A worker that does a hundred keys a second.
            while !open.isEmpty, now < .seconds(600) {
                if step % (100 / freshPerSecond) == 0 { machine.add(initial + step, priority: .normal, now: now) }
                if let item = machine.take(now: now) {
                    open.remove(item.key)
                    if item.key >= initial { slowestFresh = max(slowestFresh, item.waited) }
                    machine.done(item.key, now: now)
                }
                step += 1
                now += .milliseconds(10)
            }
            #expect(open.isEmpty, "\(open.count) of the initial list starve")
            #expect(now <= .seconds(freshPerSecond == 20 ? 70 : 130))
        }
    }
}
