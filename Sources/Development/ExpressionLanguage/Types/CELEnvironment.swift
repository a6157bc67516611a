// SPDX-License-Identifier: MIT

/// What an expression may refer to.
package struct CELEnvironment: Sendable {
    /// Types of the variables. A name may be qualified (`variables.image`): the longest match wins.
    package var variables: [String: CELType]
    /// Names that Kubernetes knows in this place and this implementation does not, with the reason.
    package var unsupported: [String: String]

    /// What expressions may use of the language.
    package var subset: CELSubset

    /// An environment with these variables.
    package init(
        variables: [String: CELType], unsupported: [String: String] = [:], subset: CELSubset = .product
    ) {
        self.variables = variables
        self.subset = subset
        self.unsupported = unsupported
    }
}
