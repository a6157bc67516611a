// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime

/// What all workers share.
struct PodContext: Sendable {
    let store: any ClusterStore
    let configuration: KubeletConfiguration
    let events: ObjectEvents
    let logs: LogRegistry
    let clock: WallClock
    let logger: Logger

    var now: Timestamp { clock.now().wholeSeconds }

    func find(_ kind: EnvironmentBuilder.Kind, _ name: String, namespace: String) -> JSONValue? {
        try? store.get(kind == .secret ? .secret : .configMap, namespace: namespace, name: name)
    }

    func token(_ pod: JSONValue, _ audience: String?, _ lifetime: Int) throws(ContainerFailure) -> String {
        guard let issue = configuration.issueToken else {
            throw .mount("this kubelet cannot make service account tokens")
        }
        do throws(StatusError) { return try issue(pod, audience, lifetime) } catch {
            throw .mount("the service account token cannot be made: \(error.message)")
        }
    }
}
