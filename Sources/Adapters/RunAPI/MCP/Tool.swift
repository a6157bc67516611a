// SPDX-License-Identifier: MIT
import JSONCoding

/// A tool that an agent may call.
protocol Tool: Sendable {
    /// The name in `tools/list` and in the audit.
    var name: String { get }
    /// One short line for people.
    var title: String { get }
    /// What it does, for a model.
    var description: String { get }
    /// JSON Schema of the arguments.
    var inputSchema: JSONValue { get }
    /// JSON Schema of the structured result.
    var outputSchema: JSONValue { get }
    /// Why the arguments are not as ``inputSchema`` says, with what is expected; nil when they are.
    func objection(to arguments: JSONValue) -> String?
    /// Does it. Doing it again with the same arguments is doing it once.
    ///
    /// - Throws: whatever went wrong; the model is told that it did not work, the log says why.
    func call(_ arguments: JSONValue, _ caller: RunCaller) async throws -> ToolResult
}

/// What a tool answers.
struct ToolResult: Sendable, Hashable {
    /// For a model, in words.
    var text: String
    /// As ``Tool/outputSchema`` says.
    var structured: JSONValue
}
