// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    /// What `optionalOldSelf` needs: a value that may be missing.
    static let optionals: [Overload] = [
        global("optional.of", [.parameter("T")], .optional(.parameter("T"))) { values, _ in .optional(values[0]) },
        global("optional.none", [], .optional(.dyn)) { _, _ in .optional(nil) },
        member("hasValue", [.optional(.parameter("T"))], .bool) { values, _ in
            .bool(try values[0].wrapped != nil)
        },
        member("value", [.optional(.parameter("T"))], .parameter("T")) { values, _ in
            guard let value = try values[0].wrapped else { throw CELEvaluationError.optionalWithoutValue }
            return value
        },
        member("orValue", [.optional(.parameter("T")), .parameter("T")], .parameter("T")) { values, _ in
            try values[0].wrapped ?? values[1]
        },
        member("or", [.optional(.parameter("T")), .optional(.parameter("T"))], .optional(.parameter("T"))) {
            values, _ in try values[0].wrapped == nil ? values[1] : values[0]
        },
    ]
}

extension CELValue {
    fileprivate var wrapped: CELValue? {
        get throws {
            if case .optional(let value) = self { return value }
            throw mismatch("optional_type")
        }
    }
}
