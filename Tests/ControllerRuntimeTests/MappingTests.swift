// SPDX-License-Identifier: MIT
import ControllerRuntime
import KubernetesAPI
import Testing

@Suite struct MappingTests {
    private func map(owner: String?, kind: String = "Job", controller: Bool? = true, labels: [String: String] = [:])
        -> ConfigMap
    {
        let owners = owner.map {
            [OwnerReference(apiVersion: "batch/v1", kind: kind, name: $0, uid: "u-\($0)", controller: controller)]
        }
        return ConfigMap(metadata: ObjectMeta(name: "m", namespace: "n", labels: labels, ownerReferences: owners ?? []))
    }

    @Test func `the controlling owner of the asked type`() {
        let mapping = Mapping<ConfigMap>.controller(.job)
        #expect(mapping.keys(map(owner: "a")) == [ObjectKey("n/a")])
        #expect(mapping.keys(map(owner: "a", kind: "CronJob")) == [])
        #expect(mapping.keys(map(owner: "a", controller: nil)) == [])
        #expect(Mapping<ConfigMap>.owners(.job).keys(map(owner: "a", controller: nil)) == [ObjectKey("n/a")])
        #expect(mapping.keys(map(owner: nil)) == [])
    }

    @Test func `an update concerns the old owner and the new one`() {
        let mapping = Mapping<ConfigMap>.controller(.job)
        #expect(
            mapping.keys(.updated(old: map(owner: "a"), new: map(owner: "b"))) == [ObjectKey("n/a"), ObjectKey("n/b")])
        #expect(mapping.keys(.updated(old: map(owner: "a"), new: map(owner: "a"))) == [ObjectKey("n/a")])
    }

    @Test func `cluster-scoped owners have no namespace`() {
        var object = map(owner: nil)
        object.metadata.ownerReferences = [
            OwnerReference(apiVersion: "v1", kind: "Namespace", name: "x", uid: "u", controller: true)
        ]
        #expect(Mapping<ConfigMap>.controller(.namespace).keys(object) == [ObjectKey(namespace: nil, name: "x")])
    }

    @Test func `labels name what cannot be owned`() {
        let mapping = Mapping<ConfigMap>.labels(name: "run", namespace: "run-namespace")
        #expect(mapping.keys(map(owner: nil, labels: ["run": "r", "run-namespace": "x"])) == [ObjectKey("x/r")])
        for labels in [["run": "r"], ["run-namespace": "x"], ["run": "", "run-namespace": "x"]] {
            #expect(mapping.keys(map(owner: nil, labels: labels)) == [])
        }
        #expect(
            Mapping<ConfigMap>.labels(name: "run", namespace: nil).keys(map(owner: nil, labels: ["run": "r"]))
                == [ObjectKey(namespace: nil, name: "r")])
    }

    @Test func `predicates`() {
        var old = map(owner: nil)
        old.metadata.generation = 1
        var status = old
        status.metadata.resourceVersion = "2"
        var spec = old
        spec.metadata.generation = 2
        var labelled = old
        labelled.metadata.labels = ["a": "b"]
        typealias P = Predicate<ConfigMap>
        #expect(!P.generationChanged.matches(.updated(old: old, new: status)))
        #expect(P.generationChanged.matches(.updated(old: old, new: spec)))
        #expect(P.generationChanged.matches(.added(old)) && P.generationChanged.matches(.deleted(old)))
        #expect((P.generationChanged || P.labelsChanged).matches(.updated(old: old, new: labelled)))
        #expect(!(P.generationChanged && P.labelsChanged).matches(.updated(old: old, new: labelled)))
        #expect((!P.labelsChanged).matches(.updated(old: old, new: spec)))
        #expect(P.deleted.matches(.deleted(old)) && !P.deleted.matches(.added(old)))
    }
}
