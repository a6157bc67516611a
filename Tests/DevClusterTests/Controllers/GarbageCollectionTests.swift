// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct GarbageCollectionTests {
    private func owner(_ object: JSONValue, blocks: Bool = false) -> JSONValue {
        [
            "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name),
            "uid": .string(object.uid), "blockOwnerDeletion": .bool(blocks),
        ]
    }

    private func owned(_ owners: JSONValue..., finalizers: [JSONValue] = []) -> JSONValue {
        ["metadata": ["ownerReferences": .array(owners), "finalizers": .array(finalizers)]]
    }

    @Test func whatIsOwnedGoesWithItsOwner() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let root = try cluster.make(.configMap, "root")
            let middle = try cluster.make(.configMap, "middle", owned(owner(root)))
            try cluster.make(.secret, "leaf", owned(owner(middle)))
            try cluster.make(.secret, "stranger")
            try cluster.api.delete(.configMap, namespace: "default", name: "root")
            await cluster.eventually { !cluster.exists(.secret, "leaf") && !cluster.exists(.configMap, "middle") }
            #expect(cluster.exists(.secret, "stranger"))
        }
    }

    @Test func whatWasLeftBehindIsFoundAtTheStart() async throws {
        let cluster = try TestCluster()
        let root = try cluster.make(.configMap, "root")
        try cluster.make(.secret, "leaf", owned(owner(root)))
        try cluster.api.delete(.configMap, namespace: "default", name: "root")
        // Another object of the owner's name is not the owner.
        try cluster.make(.configMap, "root")
        try await cluster.withControllers { await cluster.eventually { !cluster.exists(.secret, "leaf") } }
    }

    @Test func oneLivingOwnerIsEnough() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let first = try cluster.make(.configMap, "first")
            let second = try cluster.make(.configMap, "second")
            try cluster.make(.secret, "leaf", owned(owner(first), owner(second)))
            try cluster.api.delete(.configMap, namespace: "default", name: "first")
            await cluster.eventually {
                let leaf = try? cluster.api.get(.secret, namespace: "default", name: "leaf")
                return leaf?.ownerReferences.map { $0["name"]?.stringValue } == ["second"]
            }
        }
    }

    /// Again and again: the collector must not decide by an owner that it sees before what depends on it.
    @Test func aForegroundDeletionWaitsForWhatBlocksIt() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            for round in 0..<40 {
                let (root, leaf) = ("root-\(round)", "leaf-\(round)")
                let owner = owner(try cluster.make(.configMap, root), blocks: true)
                try cluster.make(.secret, leaf, owned(owner, finalizers: ["example.dev/hold"]))
                try cluster.api.delete(
                    .configMap, namespace: "default", name: root, options: .init(propagation: .foreground))
                await cluster.eventually {
                    (try? cluster.api.get(.secret, namespace: "default", name: leaf))?.isBeingDeleted == true
                }
                let waiting = try cluster.api.get(.configMap, namespace: "default", name: root)
                #expect(waiting.finalizers == ["foregroundDeletion"])
                _ = try cluster.api.modify(.secret, namespace: "default", name: leaf, subresource: nil) {
                    $0.setMeta("finalizers", nil)
                }
                await cluster.eventually { !cluster.exists(.configMap, root) }
            }
        }
    }

    @Test func orphansStayWithoutTheirOwner() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let root = try cluster.make(.configMap, "root")
            try cluster.make(.secret, "leaf", owned(owner(root)))
            try cluster.api.delete(.configMap, namespace: "default", name: "root", options: .init(propagation: .orphan))
            await cluster.eventually { !cluster.exists(.configMap, "root") }
            let leaf = try cluster.api.get(.secret, namespace: "default", name: "leaf")
            #expect(leaf.ownerReferences.isEmpty)
        }
    }

    @Test func aClusterScopedOwnerOwnsNamespaces() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let widget = try cluster.installWidgets(scope: "Cluster")
            let root = try cluster.make(widget, "root")
            try cluster.make(.namespace, "owned", owned(owner(root)))
            try cluster.make(.secret, "inside", in: "owned")
            try cluster.make(.configMap, "also-owned", owned(owner(root)))
            try cluster.api.delete(widget, namespace: nil, name: "root")
            await cluster.eventually {
                !cluster.exists(.namespace, "owned") && !cluster.exists(.configMap, "also-owned")
                    && !cluster.exists(.secret, "inside", in: "owned")
            }
        }
    }

    @Test func anOwnerOfAnUnknownKindKeepsWhatItOwns() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let reference: JSONValue = ["apiVersion": "other.dev/v1", "kind": "Other", "name": "x", "uid": "u"]
            try cluster.make(.secret, "leaf", owned(reference))
            let root = try cluster.make(.configMap, "root")
            try cluster.make(.secret, "second", owned(owner(root)))
            try cluster.api.delete(.configMap, namespace: "default", name: "root")
            await cluster.eventually { !cluster.exists(.secret, "second") }
            #expect(cluster.exists(.secret, "leaf"))
        }
    }

    @Test func aNamespaceIsEmptiedBeforeItGoes() async throws {
        let cluster = try TestCluster()
        try await cluster.withControllers {
            let widget = try cluster.installWidgets()
            try cluster.make(.namespace, "team")
            try cluster.make(.secret, "s", in: "team")
            try cluster.make(widget, "held", in: "team", ["metadata": ["finalizers": ["example.dev/hold"]]])
            try cluster.api.delete(.namespace, namespace: nil, name: "team")
            await cluster.eventually {
                let namespace = try? cluster.api.get(.namespace, namespace: nil, name: "team")
                let conditions = namespace?.at("status", "conditions")?.arrayValue ?? []
                return conditions.contains {
                    $0["type"] == "NamespaceFinalizersRemaining" && $0["status"] == "True"
                        && $0["message"]?.stringValue?.contains("example.dev/hold") == true
                } && !cluster.exists(.secret, "s", in: "team")
            }
            _ = try cluster.api.modify(widget, namespace: "team", name: "held", subresource: nil) {
                $0.setMeta("finalizers", nil)
            }
            await cluster.eventually { !cluster.exists(.namespace, "team") }
            #expect(cluster.api.store.objects(.serviceAccounts, namespace: "team").items.isEmpty)
        }
    }
}
