// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct ListingTests {
    @Test func pagesAreOfOneMoment() throws {
        let cluster = try TestCluster()
        for index in 0..<7 { try cluster.make(.secret, "s\(index)") }
        let resource = try cluster.resource(.secret)
        let first = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 3)
        #expect(first.items.map(\.name) == ["s0", "s1", "s2"])
        #expect(first.remaining == 4)
        try cluster.api.delete(.secret, namespace: "default", name: "s4")
        try cluster.make(.secret, "s9")
        var names = first.items.map(\.name)
        var token = first.next
        while !token.isEmpty {
            let page = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 3, token: token)
            #expect(page.revision == first.revision)
            names += page.items.map(\.name)
            token = page.next
        }
        #expect(names == (0..<7).map { "s\($0)" })
        let lost = try refusal {
            _ = try cluster.api.list(
                resource, namespace: nil, filter: ObjectFilter(), limit: 3,
                token: first.next.replacing(first.next.suffix(4), with: "AAAA"))
        }
        #expect(lost.code == 410)
        let forged = try refusal {
            _ = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 3, token: "unknown")
        }
        #expect(forged.code == 400)
    }

    @Test func selectorsChoose() throws {
        let cluster = try TestCluster()
        try cluster.make(.secret, "a", ["metadata": ["labels": ["x": "1"]]])
        try cluster.make(.secret, "b", ["metadata": ["labels": ["x": "2"]]])
        let resource = try cluster.resource(.secret)
        func names(labels: String? = nil, fields: String? = nil) throws -> [String] {
            let filter = try ObjectFilter(labelSelector: labels, fieldSelector: fields, resource: resource)
            return try cluster.api.list(resource, namespace: nil, filter: filter).items.map(\.name)
        }
        #expect(try names(labels: "x=1") == ["a"])
        #expect(try names(labels: "x in (1,2)") == ["a", "b"])
        #expect(try names(labels: "!x") == [])
        #expect(try names(fields: "metadata.name=b") == ["b"])
        #expect(try names(fields: "metadata.name!=b,metadata.namespace=default") == ["a"])
        #expect(try refusal { _ = try names(fields: "spec.unknown=b") }.code == 400)
        #expect(try refusal { _ = try names(labels: "=") }.code == 400)
    }
}
