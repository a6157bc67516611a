// SPDX-License-Identifier: MIT
import SystemCalls

/// The targets that `Package.swift` declares, read from its text.
///
/// `swift package dump-package` would be exact, but it waits for the lock that `swift test` holds.
struct Manifest {
    struct Target {
        let name: String
        /// From the root of the package.
        let path: String
        let dependencies: Set<String>
    }

    let targets: [Target]

    static func read(root: String) throws -> Manifest {
        Manifest(text: try Files.readText("\(root)/Package.swift"))
    }

    init(text: String) {
        // Calls begin with a literal, so that `func wrapper(_ name…` is none.
        let lines = text.split(separator: "\n").map { String(SourceTree.File.withoutComment($0)) }
        let code = lines.joined(separator: "\n")
        var lists: [String: Set<String>] = [:]
        for line in lines where line.hasPrefix("let ") && line.contains("[\"") {
            let words = line.split(separator: " ")
            lists[String(words[1])] = Self.names(in: Substring(line), lists: lists)
        }
        var targets: [Target] = []
        for (call, folder) in [
            ("systemLibrary(\"", "System"), ("wrapper(\"", "System"), ("library(\"", nil),
            ("executable(\"", "Commands"),
        ] as [(String, String?)] {
            for arguments in Self.arguments(of: call, in: code) {
                var literals = Self.literals(arguments)
                let layer = folder ?? literals.removeFirst()
                let isExecutable = call.hasPrefix("executable")
                let name = isExecutable ? literals[1] : literals[0]
                var dependencies = call.hasPrefix("system") ? [] : Self.names(in: arguments, lists: lists)
                dependencies.subtract([name, layer])
                targets.append(Target(name: name, path: "Sources/\(layer)/\(name)", dependencies: dependencies))
            }
        }
        self.targets = targets
    }

    /// Every target that is linked into the named one: what it declares, and what that declares.
    func linked(into name: String) -> Set<String> {
        reachable(
            from: [name],
            edges: Dictionary(targets.map { ($0.name, $0.dependencies) }, uniquingKeysWith: { $0.union($1) }))
    }

    /// The text from the first literal to the closing parenthesis of every such call.
    private static func arguments(of call: String, in code: String) -> [Substring] {
        var found: [Substring] = []
        var rest = Substring(code)
        while let start = rest.firstRange(of: call) {
            let before = rest[..<start.lowerBound].last
            let isWholeWord = before?.isLetter != true
            rest = rest[rest.index(before: start.upperBound)...]
            var depth = 1
            guard let end = rest.indices.first(where: { index in
                if rest[index] == "(" { depth += 1 }
                if rest[index] == ")" { depth -= 1 }
                return depth == 0
            }) else { return found }
            if isWholeWord { found.append(rest[..<end]) }
        }
        return found
    }

    private static func literals(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The literals of a list, with what the lists that it adds hold: `base + ["A"]`.
    private static func names(in text: Substring, lists: [String: Set<String>]) -> Set<String> {
        let outside = text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 0 }.map(\.element).joined(separator: " ")
        let words = outside.split { !$0.isLetter }.map(String.init)
        return words.reduce(into: Set(literals(text))) { names, word in names.formUnion(lists[word] ?? []) }
    }
}
