// SPDX-License-Identifier: MIT
import JSONCoding

/// Tokens that the stand-in says it used: made up, but always the same for the same conversation.
package struct ModelUsage: Sendable, Hashable {
    /// 100 an item of the conversation.
    package var input: Int64
    /// Those of the items before the newest user message.
    package var cached: Int64
    /// 20 an answer, 5 more with a thought.
    package var output: Int64
    /// 5 with a thought.
    package var reasoning: Int64

    init(_ conversation: ModelConversation, thinks: Bool) {
        input = Int64(conversation.items.count) * 100
        cached = Int64(conversation.newestUserMessage ?? 0) * 100
        output = thinks ? 25 : 20
        reasoning = thinks ? 5 : 0
    }

    /// As the Responses API tells it.
    var json: JSONValue {
        [
            "input_tokens": .integer(input), "input_tokens_details": ["cached_tokens": .integer(cached)],
            "output_tokens": .integer(output), "output_tokens_details": ["reasoning_tokens": .integer(reasoning)],
            "total_tokens": .integer(input + output),
        ]
    }
}

/// A request that the stand-in answered, for assertions.
package struct ModelRequest: Sendable, Hashable {
    /// The model that was asked for.
    package var model: String
    /// The reasoning effort that was asked for.
    package var effort: String?
    /// The service tier that was asked for.
    package var serviceTier: String?
    /// Items of the conversation.
    package var items: Int
    /// True when the conversation holds answers before the newest user message, as a resumed session's does.
    package var hasEarlierTurns: Bool
    /// The newest user message.
    package var task: String
    /// All messages in the user's role, in order: what the agent adds about the surroundings and the repository too.
    package var userMessages: [String]
    /// The status of the answer.
    package var status: Int
    /// What the answer said that it used; nil when it came to no usage.
    package var usage: ModelUsage?
}
