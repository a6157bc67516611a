// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

@Suite struct BuiltInTypesTests {
    @Test func everyServedKindHasAType() {
        for resource in BuiltInResources.all {
            #expect(
                BuiltInTypes.definition(group: resource.group, kind: resource.kind) != nil,
                "\(resource.group) \(resource.kind)")
        }
    }

    @Test func everyTypeThatIsReferredToIsThere() {
        func check(_ shape: BuiltInTypes.Shape, _ place: String) {
            switch shape {
            case .type(let name): #expect(BuiltInTypes.all[name] != nil, "\(place) refers to \(name)")
            case .list(let element), .map(let element): check(element, place)
            default: break
            }
        }
        #expect(BuiltInTypes.all.count > 250)
        for definition in BuiltInTypes.all.values {
            for field in definition.fields { check(field.shape, "\(definition.name).\(field.name)") }
        }
    }

    @Test func tablesAreRead() throws {
        let port = try #require(BuiltInTypes.all["core.ContainerPort"])
        #expect(port.byName["containerPort"]?.isRequired == true && port.byName["containerPort"]?.shape == .int32)
        #expect(port.byName["protocol"]?.defaultValue == "TCP")
        #expect(port.byName["protocol"]?.values == ["SCTP", "TCP", "UDP"])
        let ports = try #require(BuiltInTypes.all["core.Container"]?.byName["ports"])
        #expect(ports.listType == "map" && ports.listKeys == ["containerPort", "protocol"])
        #expect(ports.patchStrategy == "merge" && ports.patchKey == "containerPort")
        #expect(BuiltInTypes.all["core.SecretKeySelector"]?.isAtomic == true)
    }

    private func decode(_ object: JSONValue, kind: String = "Pod") throws -> (object: JSONValue, unknown: [String]) {
        let definition = try #require(BuiltInTypes.definition(group: "", kind: kind))
        return try BuiltInDecoder.decode(object, as: definition, kind: kind, version: "v1")
    }

    @Test func unknownFieldsAreNamedByTheirPath() throws {
        let decoded = try decode([
            "metadata": ["name": "a", "labels": ["any": "thing"]], "fake": 1,
            "spec": ["containers": [["name": "a"], ["name": "b", "env": [["nam": "x", "value": nil]]]]],
        ])
        #expect(decoded.unknown == ["fake", "spec.containers[1].env[0].nam"])
        #expect(decoded.object.at("spec", "containers")?[1] == ["name": "b", "env": [[:]]])
        #expect(decoded.object.at("metadata", "labels", "any") == "thing")
    }

    @Test(arguments: [
        (["spec": ["nodeName": 1]], "Go struct field PodSpec.spec.nodeName of type string"),
        (["spec": ["priority": 5_000_000_000]], "cannot unmarshal number into Go struct field PodSpec.spec.priority"),
        (["spec": ["containers": [:]]], "cannot unmarshal object into Go struct field PodSpec.spec.containers of type"),
        (["spec": "x"], "cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec"),
        (["metadata": ["creationTimestamp": "yesterday"]], "parsing time \"yesterday\""),
    ] as [(JSONValue, String)])
    func wrongTypesAreRefused(_ object: JSONValue, _ words: String) throws {
        let error = try refusal { _ = try decode(object) }
        #expect(error.code == 400 && error.message.contains(words), "\(error.message)")
    }

    @Test func quantitiesMayBeNumbers() throws {
        let decoded = try decode(["spec": ["hard": ["pods": 3, "cpu": "1"]]], kind: "ResourceQuota")
        #expect(decoded.object.at("spec", "hard") == ["pods": "3", "cpu": "1"])
    }

    @Test func continueTokensAreReadBack() throws {
        let key = StorageKey(bucket: .pods, namespace: "a", name: "x")
        let token = ContinueToken(revision: 7, after: key)
        #expect(try ContinueToken(token.text) == token)
        #expect(!token.precedes(key) && token.precedes(StorageKey(bucket: .pods, namespace: "a", name: "x0")))
        #expect(token.precedes(StorageKey(bucket: .pods, namespace: "b", name: "a")))
        for text in ["*", "e30", "eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ"] {
            #expect(try refusal { _ = try ContinueToken(text) }.code == 400, "\(text)")
        }
    }
}
