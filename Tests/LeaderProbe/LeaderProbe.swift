// SPDX-License-Identifier: MIT
import ControllerRuntime
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesClient
import ServiceRuntime
import SystemCalls

/// A small process that leads and writes all the time, for tests that stop processes: `leader-probe URL IDENTITY`.
///
/// The lease is kept for 3 s, renewed for 2 s, tried every 500 ms. Under the lead it patches a config map every 10 ms.
/// Everything it sends carries its identity as `User-Agent`.
@main
struct LeaderProbe {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else { ProcessIdentity.exitNow(2) }
        let (url, identity) = (arguments[1], arguments[2])
        let cluster = ClusterConfiguration(server: url)
        let election = LeaderElection(
            api: APIClient(
                configuration: cluster, http: HTTPClient(configuration: .init(userAgent: identity)),
                retryPolicy: .never),
            namespace: "system", name: "probe", identity: identity,
            timing: ElectionTiming(
                leaseDuration: .seconds(3), renewDeadline: .seconds(2), retryPeriod: .milliseconds(500)))
        let api = APIClient(
            configuration: cluster, http: HTTPClient(configuration: .init(userAgent: identity)),
            retryPolicy: .never, writeGuard: election.fence)
        let writer = ClosureService {
            while !Task.isCancelled {
                _ = try? await api.request(
                    .patch, "/api/v1/namespaces/system/configmaps/written", body: ["data": ["by": .string(identity)]],
                    contentType: "application/merge-patch+json")
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        let manager = Manager(leadership: election)
        manager.add(leader: writer)
        let service = ClosureService {
            do {
                try await manager.run()
            } catch let lost as LeadershipLost {
                StandardStreams.writeErrorLine("leader-probe: \(lost)")
                ProcessIdentity.exitNow(1)
            }
        }
        let group = ServiceGroup([("manager", service)], logger: .disabled)
        ProcessIdentity.exitNow((try? await group.run()) == nil ? 3 : 0)
    }
}
