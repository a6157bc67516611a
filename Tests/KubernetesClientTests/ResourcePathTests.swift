// SPDX-License-Identifier: MIT
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

@Suite struct ResourcePathTests {
    @Test func `paths`() {
        #expect(ResourceType.pod.path(namespace: "a") == "/api/v1/namespaces/a/pods")
        #expect(ResourceType.pod.path() == "/api/v1/pods")
        #expect(
            ResourceType.job.path(namespace: "a", name: "b", subresource: "status")
                == "/apis/batch/v1/namespaces/a/jobs/b/status")
        #expect(ResourceType.namespace.path(namespace: "ignored", name: "b") == "/api/v1/namespaces/b")
        #expect(
            ResourceType.clusterRole.path(name: "system:node")
                == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node")
        #expect(ResourceType.pod.path(namespace: "a", name: "b/../c?x") == "/api/v1/namespaces/a/pods/b%2F..%2Fc%3Fx")
    }

    /// Each would mean a collection, or another object, if it were sent.
    @Test(arguments: ["", ".", ".."])
    func `names that are none are refused before anything is sent`(name: String) async {
        let client = APIClient(configuration: ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient())
        let pods = client.objects(.pod, namespace: "a")
        await #expect { try await pods.get(name) } throws: { ($0 as? APIError)?.reason == .invalid }
        await #expect { try await pods.delete(name) } throws: { ($0 as? APIError)?.reason == .invalid }
        await #expect { try await pods.patch(name, .merge([:])) } throws: { ($0 as? APIError)?.reason == .invalid }
        let elsewhere = client.objects(.pod, namespace: name)
        await #expect { try await elsewhere.get("x") } throws: { ($0 as? APIError)?.reason == .invalid }
        await #expect { try await elsewhere.deleteAll() } throws: { ($0 as? APIError)?.reason == .invalid }
    }

    @Test func `deleting everywhere needs a namespace`() async {
        let client = APIClient(configuration: ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient())
        await #expect { try await client.objects(.pod).deleteAll() } throws: { ($0 as? APIError)?.reason == .invalid }
        await #expect { try await client.objects(.pod).get("x") } throws: { ($0 as? APIError)?.reason == .invalid }
    }
}
