// SPDX-License-Identifier: MIT

/// One option of a command, with the type of its value.
///
/// Declare it once as a constant, list ``definition`` in the command, and read `try parsed[option]`. The command line
/// wins over the environment, the environment over the default; an empty variable counts as not set.
package struct Option<Value: Sendable>: Sendable {
    /// What parser and help need to know.
    package let definition: OptionDefinition
    /// The value of these texts (none: not given); nil if one of them is not acceptable.
    let read: @Sendable ([String]) -> Value?
}

/// An option without the type of its value, so that options of all types fit into one list.
package struct OptionDefinition: Sendable {
    /// How often an option must and may be given.
    enum Arity: Sendable {
        case flag, optional, required, repeated
    }

    let name: String
    let short: Character?
    let placeholder: String
    let expectation: String
    let isObvious: Bool
    let help: String
    let arity: Arity
    let environment: String?
    let fallback: String?
    let isSensitive: Bool
    let isAcceptable: @Sendable (String) -> Bool

    /// The option as typed: `--config`.
    var spelling: String { "--\(name)" }
}

extension Option {
    /// An option that must be given, here or by the environment.
    package static func required(
        _ name: String, _ reader: ValueReader<Value>, short: Character? = nil, environment: String? = nil,
        sensitive: Bool = false, help: String
    ) -> Option {
        Option(definition: .init(name, reader, .required, short, environment, nil, sensitive, help)) { texts in
            texts.last.flatMap(reader.read)
        }
    }

    /// An option that has the value `default` when it is not given.
    ///
    /// - Parameter default: as a user would type it, because the help shows it.
    package static func optional(
        _ name: String, _ reader: ValueReader<Value>, default: String, short: Character? = nil,
        environment: String? = nil, help: String
    ) -> Option {
        precondition(reader.read(`default`) != nil, "--\(name): the default must be \(reader.expectation)")
        return Option(definition: .init(name, reader, .optional, short, environment, `default`, false, help)) { texts in
            reader.read(texts.last ?? `default`)
        }
    }

    /// An option that may be left out.
    package static func optional<Wrapped>(
        _ name: String, _ reader: ValueReader<Wrapped>, short: Character? = nil, environment: String? = nil,
        sensitive: Bool = false, help: String
    ) -> Option where Value == Wrapped? {
        Option(definition: .init(name, reader, .optional, short, environment, nil, sensitive, help)) { texts in
            guard let text = texts.last else { return .some(nil) }
            return reader.read(text).map { .some($0) }
        }
    }

    /// An option that may be given any number of times. In the environment: one value.
    package static func repeated<Element>(
        _ name: String, _ reader: ValueReader<Element>, short: Character? = nil, environment: String? = nil,
        help: String
    ) -> Option where Value == [Element] {
        Option(definition: .init(name, reader, .repeated, short, environment, nil, false, help)) { texts in
            let values = texts.compactMap(reader.read)
            return values.count == texts.count ? values : nil
        }
    }
}

extension Option where Value == Bool {
    /// A switch that is off until given. In the environment: `true` or `false`.
    package static func flag(
        _ name: String, short: Character? = nil, environment: String? = nil, help: String
    ) -> Option {
        Option(definition: .init(name, .boolean, .flag, short, environment, nil, false, help)) { texts in
            ValueReader.boolean.read(texts.last ?? "false")
        }
    }
}

extension OptionDefinition {
    fileprivate init<Value>(
        _ name: String, _ reader: ValueReader<Value>, _ arity: Arity, _ short: Character?, _ environment: String?,
        _ fallback: String?, _ isSensitive: Bool, _ help: String
    ) {
        self.name = name
        self.short = short
        self.placeholder = reader.placeholder
        self.expectation = reader.expectation
        self.isObvious = reader.isObvious
        self.help = help
        self.arity = arity
        self.environment = environment
        self.fallback = fallback
        self.isSensitive = isSensitive
        self.isAcceptable = { reader.read($0) != nil }
    }
}
