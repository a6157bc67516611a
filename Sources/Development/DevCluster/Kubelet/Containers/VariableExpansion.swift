// SPDX-License-Identifier: MIT

/// `$(NAME)` in commands, arguments and values, as Kubernetes replaces it (core/v1 Container, `command`).
enum VariableExpansion {
    /// Replaces what is known; an unknown reference stays as it is, and `$$(NAME)` becomes `$(NAME)`.
    static func expand(_ text: String, _ variables: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                rest.removeFirst()
                result += "$"
            } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                result += variables[name] ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }
}
