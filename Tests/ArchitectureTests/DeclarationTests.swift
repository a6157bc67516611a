// SPDX-License-Identifier: MIT
import Testing

/// The scan behind the rule that every visible symbol has a comment.
@Suite(.timeLimit(.minutes(1))) struct DeclarationTests {
    @Test(
        "Heads of declarations are read",
        arguments: [
            ("package struct A: Sendable {", "struct A"), ("package final class B {", "class B"),
            ("    package static func c(_ a: Int) {", "func c"), ("@frozen package enum D<T> {", "enum D"),
            ("package static func < (left: A, right: A) -> Bool {", "func <"), ("package actor E {", "actor E"),
            ("package import JSONCoding", nil), ("package var a = 1", nil), ("func f() {", nil),
            ("package class func g() {", "func g"), ("package init() {}", nil),
        ])
    func heads(line: String, expected: String?) {
        #expect(Declaration.head(Substring(line)).map { "\($0.keyword) \($0.name)" } == expected)
    }

    @Test("A comment counts past attributes, and only directly above")
    func comments() {
        let text = """
            /// Described.
            @dynamicMemberLookup
            package struct A {
                // No documentation.
                package func b() {}

                package func c() {}
            }
            """
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let found = Declaration.read(SourceTree.File(path: "A.swift", lines: lines))
        #expect(found.map(\.name) == ["A", "b", "c"])
        #expect(found.map(\.isDocumented) == [true, false, false])
        #expect(found.last?.place == "A.swift:7")
    }

    @Test("Described requirements of protocols are found, up to the protocol's end")
    func requirements() {
        let text = """
            package protocol P {
                /// Described.
                static func a() async
                func b()
            }
            struct S {
                /// Described, but no requirement.
                func c() {}
            }
            """
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(Declaration.requirements(SourceTree.File(path: "P.swift", lines: lines)) == ["a"])
    }
}
