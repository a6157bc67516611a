// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

/// Which model a run may ask: the one that was chosen for it, whatever the agent, or what it has read, would rather use.
///
/// Labels and configuration decide about models because models cost money; the agent holds the way to the provider, so the
/// broker is where that decision is kept.
struct ModelPolicy: Sendable {
    /// The run's model; nil where nobody chose one.
    let model: String?

    private static let limits = JSONLimits(members: ["model", "tools", "type", "service_tier", "background"])
    /// Tiers that cost no more than the model does.
    private static let tiers: [JSONValue] = [.null, "auto", "default", "flex"]

    /// Why a request is not passed on.
    struct Refusal: Sendable, Equatable {
        var status: HTTPStatus
        var reason: String
        var code: String
    }

    /// nil when the request may be passed on.
    func refusal(of route: ModelRoute, body: [UInt8]) -> Refusal? {
        guard let model, route.method == .post else { return nil }
        // A member that is there twice is refused: two readers could take different ones. The conversation is passed over:
        // to build it takes many times its size, and nothing that an agent may have read in there is to be refused here.
        guard let request = try? JSONValue.parse(body, limits: Self.limits), case .object = request else {
            return Refusal(status: .badRequest, reason: "the request is no JSON object", code: "invalid_json")
        }
        guard let asked = request["model"]?.stringValue else {
            return Refusal(status: .badRequest, reason: "the request names no model", code: "model_missing")
        }
        // A tool of the provider's may be a model as well.
        let models = [asked] + (request["tools"]?.arrayValue ?? []).compactMap { Self.model(of: $0) }
        if let other = models.first(where: { $0 != model }) {
            return Refusal(
                status: .forbidden,
                reason: "this run works with the model \(model) and may not ask \(other.prefix(100)); a label on the issue "
                    + "chooses another",
                code: "model_not_allowed")
        }
        guard Self.tiers.contains(request["service_tier"] ?? .null) else {
            return Refusal(
                status: .forbidden, reason: "nobody chose another service tier than the usual one for this run",
                code: "service_tier_not_allowed")
        }
        guard [.null, false].contains(request["background"] ?? .null) else {
            return Refusal(
                status: .forbidden, reason: "what a run asks is answered at once: nobody would count what it used",
                code: "background_not_allowed")
        }
        return nil
    }

    /// The model that the provider would ask for a tool; nil where it is the agent that runs it.
    private static func model(of tool: JSONValue) -> String? {
        if let named = tool["model"]?.stringValue { return named }
        return tool["type"]?.stringValue == "image_generation" ? "of image_generation" : nil
    }
}
