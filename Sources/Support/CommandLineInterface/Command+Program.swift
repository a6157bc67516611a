// SPDX-License-Identifier: MIT
import SystemCalls

/// A file or value that was given and cannot be used: the caller's to mend, exit code 2.
package struct UnusableInput: Error, CustomStringConvertible {
    /// What is wrong with which of them.
    package let description: String

    /// Describes what cannot be used.
    package init(_ description: String) { self.description = description }
}

extension Command {
    /// The whole life of a program: reads its arguments and environment, prints help where that was asked for, does what
    /// else was asked, and ends the process. Being wrongly called ends it with 2, any other error with 1.
    ///
    /// - Parameters:
    ///   - title: begins messages about errors; the command's name unless given.
    ///   - body: does what was asked; the process ends with the code that it returns.
    package func runAsProgram(
        title: String? = nil, _ body: (ParsedCommand) async throws -> Int32
    ) async -> Never {
        let code: Int32
        do {
            switch try parse(Array(CommandLine.arguments.dropFirst()), environment: ProcessIdentity.environment) {
            case .help(let text):
                StandardStreams.writeOutput(Array(text.utf8))
                code = 0
            case .run(let parsed): code = try await body(parsed)
            }
        } catch let error as UsageError {
            StandardStreams.writeErrorLine(error.description)
            code = UsageError.exitCode
        } catch let error as UnusableInput {
            StandardStreams.writeErrorLine("\(title ?? name): \(error.description)")
            code = UsageError.exitCode
        } catch {
            StandardStreams.writeErrorLine("\(title ?? name): \(error)")
            code = 1
        }
        ProcessIdentity.exitNow(code)
    }
}
