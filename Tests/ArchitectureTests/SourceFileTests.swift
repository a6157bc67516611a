// SPDX-License-Identifier: MIT
import Testing

/// Holds every source file to what review would otherwise have to look for.
@Suite(.timeLimit(.minutes(1))) struct SourceFileTests {
    let tree: SourceTree
    var files: [SourceTree.File] { tree.targets.flatMap(\.files) }

    init() throws { tree = try SourceTree.read() }

    @Test("Every file starts with its licence and has at most 600 lines")
    func headers() {
        #expect(files.count > 300, "the scan found too few files to mean anything")
        // A module map has no comment before its module: its header beside it carries the line.
        for file in files where !file.path.hasSuffix("module.modulemap") {
            let licence = "// SPDX-License-Identifier: MIT"
            #expect(file.lines.first == Substring(licence), "\(file.path) does not start with its licence line")
            #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines: give each idea a file")
        }
    }

    @Test("Memory is unsafe under Sources/System alone")
    func unsafety() {
        var seenInWrappers = false
        for target in tree.targets {
            for file in target.swiftFiles {
                for (number, text) in file.code where Self.isUnsafe(text) {
                    seenInWrappers = seenInWrappers || target.layer == "System"
                    if target.layer != "System" { Issue.record("\(file.path):\(number) is unsafe: \(text)") }
                }
            }
        }
        #expect(seenInWrappers, "the scan sees nothing unsafe even where it must be")
    }

    @Test("Nothing is forced: neither a throwing call nor a cast")
    func forcing() {
        for file in files where file.isSwift {
            for (number, text) in file.code where text.contains(/\btry!|\bas!/) {
                Issue.record("\(file.path):\(number) forces: \(text)")
            }
        }
    }

    @Test("Every symbol that other modules see says what it is")
    func documentation() {
        let swift = files.filter(\.isSwift)
        let declarations = swift.flatMap(Declaration.read)
        #expect(declarations.count > 500, "the scan found too few declarations to mean anything")
        // A method that a protocol asks for is described there, once.
        let described = Declaration.standardRequirements.union(swift.flatMap(Declaration.requirements))
        for declaration in declarations where !declaration.isDocumented && !described.contains(declaration.name) {
            Issue.record("\(declaration.place): \(declaration.keyword) \(declaration.name) has no comment above it")
        }
    }

    @Test(
        "Unsafe code is recognised",
        arguments: [
            ("final class A: @unchecked Sendable {", true), ("nonisolated(unsafe) var a = 1", true),
            ("let a: UnsafeMutableRawPointer?", true), ("func a(_ b: UnsafeBufferPointer<UInt8>) {", true),
            ("let a = unsafeBitCast(b, to: Int.self)", true), ("final class A: Sendable {", false),
        ])
    func recognition(line: String, expected: Bool) {
        #expect(Self.isUnsafe(Substring(line)) == expected)
    }

    static func isUnsafe(_ text: Substring) -> Bool {
        if ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast", "OpaquePointer", "Unmanaged<"]
            .contains(where: { text.contains($0) }) {
            return true
        }
        return text.split { !$0.isLetter && !$0.isNumber }
            .contains { $0.hasPrefix("Unsafe") && $0.hasSuffix("Pointer") }
    }
}
