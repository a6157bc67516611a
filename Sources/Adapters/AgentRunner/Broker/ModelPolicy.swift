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

    /// Why a request is not passed on.
    struct Refusal: Sendable, Equatable {
        var status: HTTPStatus
        var reason: String
        var code: String
    }

    /// nil when the request may be passed on.
    func refusal(of route: ModelRoute, body: [UInt8]) -> Refusal? {
        guard let model, route.method == .post else { return nil }
        // A member that is there twice is refused: two readers could take different ones.
        guard let request = try? JSONValue.parse(body), case .object = request else {
            return Refusal(status: .badRequest, reason: "the request is no JSON object", code: "invalid_json")
        }
        guard let asked = request["model"]?.stringValue else {
            return Refusal(status: .badRequest, reason: "the request names no model", code: "model_missing")
        }
        guard asked == model else {
            return Refusal(
                status: .forbidden,
                reason: "this run works with the model \(model) and may not ask \(asked.prefix(100)); a label on the issue "
                    + "chooses another",
                code: "model_not_allowed")
        }
        return nil
    }
}
