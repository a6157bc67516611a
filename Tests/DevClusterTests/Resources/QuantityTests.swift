// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

@Suite struct QuantityTests {
    @Test(arguments: [
        ("1", "1"), ("0.25", "250m"), ("1500m", "1500m"), ("1000m", "1"), ("1000", "1k"), ("100Mi", "100Mi"),
        ("1024Mi", "1Gi"), ("1536Mi", "1536Mi"), ("0.5Gi", "512Mi"), ("1e3", "1k"), ("-1", "-1"), ("0", "0"),
        ("100M", "100M"), ("1n", "1n"), (".5", "500m"), ("+2", "2"),
    ])
    func isWrittenAsKubernetesDoes(_ text: String, _ canonical: String) throws {
        #expect(try #require(Quantity(text)).text == canonical)
    }

    @Test(arguments: ["", "x", "1Q", "1 Gi", "--1", "1.2.3", "Gi"])
    func whatIsNoAmountIsNone(_ text: String) { #expect(Quantity(text) == nil) }

    @Test func sumsAreExactAndKeepTheFirstFamily() throws {
        func sum(_ texts: String...) throws -> String {
            try texts.reduce(Quantity.zero) { try $0 + #require(Quantity($1)) }.text
        }
        #expect(try sum("0.1", "0.2") == "300m")
        #expect(try sum("100Mi", "200Mi") == "300Mi")
        // No multiple of 1024: as bytes.
        #expect(try sum("100Mi", "100M") == "204857600")
        #expect(try sum("1k", "24") == "1024")
        #expect(Quantity(.integer(3)) == Quantity("3"))
    }

    @Test func initContainersCountByTheirLargestAndThoseThatKeepRunning() {
        func container(_ cpu: String, keepsRunning: Bool = false) -> JSONValue {
            var container: JSONValue = ["resources": ["requests": ["cpu": .string(cpu)]]]
            if keepsRunning { container["restartPolicy"] = "Always" }
            return container
        }
        func total(_ initContainers: [JSONValue], _ containers: [JSONValue]) -> String? {
            PodResources.total(
                "requests", "cpu",
                of: ["spec": ["initContainers": .array(initContainers), "containers": .array(containers)]])?.text
        }
        #expect(total([], [container("1"), container("500m")]) == "1500m")
        #expect(total([container("2")], [container("1")]) == "2")
        #expect(total([container("250m", keepsRunning: true)], [container("1")]) == "1250m")
        #expect(total([container("250m", keepsRunning: true), container("2")], [container("1")]) == "2250m")
        #expect(total([], [[:]]) == nil)
    }
}
