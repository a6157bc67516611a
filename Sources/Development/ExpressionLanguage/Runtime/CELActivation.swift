// SPDX-License-Identifier: MIT

/// Values of the variables for one evaluation.
///
/// Not shared between tasks: lazy values are worked out when they are first used and kept.
package final class CELActivation {
    private var values: [String: CELValue]
    private var pending: [String: () throws -> CELValue] = [:]
    private var failures: [String: any Error] = [:]

    /// An activation with these values.
    package init(_ values: [String: CELValue]) { self.values = values }

    /// Adds a variable whose value is worked out at its first use; an error is thrown at every use.
    package func bindLazily(_ name: String, _ value: @escaping () throws -> CELValue) { pending[name] = value }

    /// The value of a variable.
    func value(of name: String) throws -> CELValue {
        if let value = values[name] { return value }
        if let failure = failures[name] { throw failure }
        guard let compute = pending.removeValue(forKey: name) else { throw CELEvaluationError.noSuchVariable(name) }
        do {
            let value = try compute()
            values[name] = value
            return value
        } catch {
            failures[name] = error
            throw error
        }
    }
}
