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
        cluster.api.store.compactHistory()
        let lost = try refusal {
            _ = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 3, token: first.next)
        }
        #expect(lost.code == 410 && lost.reason == "Expired")
        // What is told can be gone on with, at the price of another moment.
        let rest = try cluster.api.list(
            resource, namespace: nil, filter: ObjectFilter(), token: lost.json.at("metadata", "continue")?.stringValue)
        #expect(rest.items.map(\.name) == ["s3", "s5", "s6", "s9"])
        let forged = try refusal {
            _ = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 3, token: "unknown")
        }
        #expect(forged.code == 400)
    }

    @Test func thePastCanBeListed() throws {
        let cluster = try TestCluster()
        try cluster.make(.secret, "a")
        let then = try UInt64(#require(cluster.make(.secret, "b")["metadata"]?["resourceVersion"]?.stringValue))
        try cluster.make(.secret, "c")
        try cluster.api.delete(.secret, namespace: "default", name: "a")
        let resource = try cluster.resource(.secret)
        let past = try cluster.api.list(resource, namespace: "default", filter: ObjectFilter(), at: then)
        #expect(past.items.map(\.name) == ["a", "b"] && past.revision == then)
        cluster.api.store.compactHistory()
        let gone = try refusal {
            _ = try cluster.api.list(resource, namespace: "default", filter: ObjectFilter(), at: then)
        }
        #expect(gone.code == 410 && gone.message == "The resourceVersion for the provided list is too old.")
    }

    @Test func namespacesWhoseNamesBeginAlikeStayApartInPages() throws {
        let cluster = try TestCluster()
        for name in ["a", "a-b"] {
            try cluster.make(.namespace, name)
            for index in 0..<2 { try cluster.make(.secret, "s\(index)", in: name) }
        }
        let resource = try cluster.resource(.secret)
        var seen: [String] = []
        var token: String? = nil
        repeat {
            let page = try cluster.api.list(resource, namespace: nil, filter: ObjectFilter(), limit: 1, token: token)
            seen += page.items.map { "\($0.namespace)/\($0.name)" }
            token = page.next
        } while token?.isEmpty == false
        #expect(seen == ["a/s0", "a/s1", "a-b/s0", "a-b/s1"])
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
