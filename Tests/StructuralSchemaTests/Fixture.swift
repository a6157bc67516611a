// SPDX-License-Identifier: MIT
import FoundationEssentials
import JSONCoding
import StructuralSchema
import YAMLCoding

/// Files of the checkout that tests read.
enum Fixture {
    static let root = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(3)
        return path.joined(separator: "/")
    }()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: "\(root)/\(path)"), encoding: .utf8)
    }

    static func definition(_ name: String) throws -> ResourceDefinition {
        try ResourceDefinition(crd: try YAMLParser.document(try text("crds/\(name).codex-k8s.dev.yaml")))
    }

    /// The schema of the only version.
    static func schema(_ name: String) throws -> StructuralSchema {
        guard let version = try definition(name).versions.first else { throw Missing() }
        return version.schema
    }

    struct Missing: Error {}
}
