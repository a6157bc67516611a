// SPDX-License-Identifier: MIT
import SystemCalls

/// The sources as they lie on disk: `Sources/LAYER/TARGET/…`.
struct SourceTree {
    /// One file below a target's folder.
    struct File {
        /// From the root of the package, such as `Sources/Edge/WebhookEdge/Delivery.swift`.
        let path: String
        let lines: [Substring]

        var isSwift: Bool { path.hasSuffix(".swift") }

        /// Lines with their numbers, without what follows `//`. A line of a multi-line comment is kept: none is used.
        var code: [(number: Int, text: Substring)] {
            lines.enumerated().map { index, line in (index + 1, Self.withoutComment(line)) }
        }

        /// Modules that the file imports.
        var imports: Set<String> { Set(code.compactMap { Self.importedModule($0.text) }) }

        static func withoutComment(_ line: Substring) -> Substring {
            var previous: Character = " "
            for index in line.indices {
                // "https://" in a literal is no comment.
                if line[index] == "/", previous == "/", line[..<index].dropLast().last != ":" {
                    return line[..<line.index(before: index)]
                }
                previous = line[index]
            }
            return line
        }

        /// The module named by an import declaration, whatever its access level, attributes and kind.
        static func importedModule(_ line: Substring) -> String? {
            var words = line.split(separator: " ")
            let modifiers: Set<Substring> = ["package", "public", "internal", "private", "fileprivate"]
            while let word = words.first, modifiers.contains(word) || word.hasPrefix("@") { words.removeFirst() }
            guard words.count >= 2, words.removeFirst() == "import" else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
            if words.count > 1, kinds.contains(words[0]) { words.removeFirst() }
            return words[0].split(separator: ".").first.map(String.init)
        }
    }

    /// One folder `Sources/LAYER/TARGET`.
    struct Target {
        let layer: String
        let name: String
        let files: [File]

        var path: String { "Sources/\(layer)/\(name)" }
        var swiftFiles: [File] { files.filter(\.isSwift) }
        var imports: Set<String> { swiftFiles.reduce(into: []) { $0.formUnion($1.imports) } }
    }

    let root: String
    let targets: [Target]

    /// The package that this test was compiled from.
    static func read() throws -> SourceTree {
        let root = Files.directory(of: Files.directory(of: Files.directory(of: #filePath)))
        var targets: [Target] = []
        for layer in try Files.list("\(root)/Sources") where Files.isDirectory("\(root)/Sources/\(layer)") {
            for name in try Files.list("\(root)/Sources/\(layer)") {
                let path = "Sources/\(layer)/\(name)"
                targets.append(Target(layer: layer, name: name, files: try files(below: path, root: root)))
            }
        }
        return SourceTree(root: root, targets: targets)
    }

    /// Every target that is reached from the named ones through imports, with themselves.
    func imported(from names: String...) -> Set<String> {
        let imports = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.imports) })
        return reachable(from: names, edges: imports)
    }

    private static func files(below path: String, root: String) throws -> [File] {
        guard Files.isDirectory("\(root)/\(path)") else {
            let text = try Files.readText("\(root)/\(path)")
            return [File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))]
        }
        return try Files.list("\(root)/\(path)").flatMap { try files(below: "\(path)/\($0)", root: root) }
    }
}

/// Every node that is reached along the edges, with the starting ones.
func reachable(from names: [String], edges: [String: Set<String>]) -> Set<String> {
    var found: Set<String> = []
    var next = names
    while let name = next.popLast() {
        if found.insert(name).inserted { next += edges[name] ?? [] }
    }
    return found
}
