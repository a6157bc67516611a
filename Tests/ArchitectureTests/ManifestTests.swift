// SPDX-License-Identifier: MIT
import Testing

/// Holds the declarations of `Package.swift` to the folders and to what may be linked together.
@Suite(.timeLimit(.minutes(1))) struct ManifestTests {
    let tree: SourceTree
    let manifest: Manifest

    init() throws {
        tree = try SourceTree.read()
        manifest = try Manifest.read(root: tree.root)
    }

    @Test("Every folder Sources/LAYER/TARGET is a declared target, and the other way round")
    func folders() {
        let declared = Set(manifest.targets.map(\.path))
        let present = Set(tree.targets.map(\.path))
        #expect(declared.count > 30, "the declarations were not read: \(declared.sorted())")
        #expect(present.subtracting(declared).isEmpty, "folders that no target declares")
        #expect(declared.subtracting(present).isEmpty, "targets without a folder")
    }

    @Test("Every module that is imported is a declared dependency")
    func dependencies() {
        let names = Set(manifest.targets.map(\.name))
        let declared = Dictionary(uniqueKeysWithValues: manifest.targets.map { ($0.name, $0.dependencies) })
        for target in tree.targets {
            let missing = target.imports.intersection(names).subtracting(declared[target.name] ?? [])
            #expect(missing.isEmpty, "\(target.name) imports \(missing.sorted()) by way of other targets only")
        }
    }

    @Test("What is linked into the edge holds no database, no controller and no client of the code host")
    func edge() {
        let linked = manifest.linked(into: "codex-k8s-edge")
        #expect(linked.isSuperset(of: ["WebhookEdge", "CMicrohttpd", "CCurl"]), "\(linked.sorted())")
        #expect(linked.isDisjoint(with: LayerRules.keptFromTheEdge), "\(linked.sorted())")
    }

    @Test("What is linked into the operator holds no stand-in of the laptop mode")
    func operatorProgram() {
        let linked = manifest.linked(into: "codex-k8s")
        #expect(linked.isSuperset(of: ["AgentControllers", "CPostgres", "CCurl"]), "\(linked.sorted())")
        #expect(linked.isDisjoint(with: LayerRules.keptFromTheOperator), "\(linked.sorted())")
        #expect(manifest.linked(into: "codex-k8s-dev").isSuperset(of: ["DevCluster", "DevForge", "AgentControllers"]))
    }

    @Test("What is linked into the runner holds no database and no Kubernetes client")
    func runner() {
        let linked = manifest.linked(into: "agent-runner")
        #expect(linked.isSuperset(of: ["AgentRunner", "CCurl"]), "\(linked.sorted())")
        #expect(linked.isDisjoint(with: LayerRules.keptFromTheRunner), "\(linked.sorted())")
    }

    @Test("Declarations are read with their lists")
    func reading() {
        let manifest = Manifest(
            text: """
                func wrapper(_ name: String, _ dependencies: [String]) -> Target { fatalError() }
                let base = ["A", "B"]
                let more = base + ["C"]
                let targets: [Target] = [
                    systemLibrary("CX", pkgConfig: "libx"),
                    wrapper("X", ["CX"] + base),  // "Comment"
                    library("Domain", "Y", more + ["X"]),
                    executable("tool", target: "tool", [
                        "Y",
                    ]),
                ]
                """)
        #expect(manifest.targets.map(\.path) == [
            "Sources/System/CX", "Sources/System/X", "Sources/Domain/Y", "Sources/Commands/tool",
        ])
        #expect(manifest.targets.map(\.dependencies) == [[], ["CX", "A", "B"], ["A", "B", "C", "X"], ["Y"]])
        #expect(manifest.linked(into: "tool") == ["tool", "Y", "X", "CX", "A", "B", "C"])
    }
}
