// SPDX-License-Identifier: MIT
package import GitHubEvents
import HTTPServing
import HTTPTypes
package import JSONCoding

/// What the header of a delivery says. Nothing of it is signed; it only tells what to check and how to read the body.
struct DeliveryHead: Sendable, Hashable {
    /// GitHub's id of the delivery; a redelivery has the same one.
    let id: String
    let kind: GitHubEventKind
    let signature: WebhookSignature

    /// The field that carries the id.
    static let idFieldName = "X-GitHub-Delivery"

    /// Fields that make a delivery ambiguous when they are there twice.
    static let singleFields: Set<String> = [
        WebhookSignature.fieldName, GitHubEventKind.fieldName, idFieldName, "Content-Type", "Content-Encoding",
    ]

    /// Reads the header before the body: who cannot even show a signature does not get to send one.
    init(_ request: ServerRequest) throws(HTTPError) {
        guard let field = request.headers[WebhookSignature.fieldName] else {
            throw HTTPError(.unauthorized, reason: "signatureMissing", "\(WebhookSignature.fieldName) is missing")
        }
        guard let signature = WebhookSignature(field) else {
            throw HTTPError(
                .unauthorized, reason: "signatureMalformed",
                "\(WebhookSignature.fieldName) is not sha256= and 64 hexadecimal digits")
        }
        guard Self.isJSON(request.headers["Content-Type"]) else {
            throw HTTPError(
                .unsupportedMediaType, reason: "contentType",
                "set the webhook's content type to application/json")
        }
        // GitHub never compresses; a compressed body would be unpacked after its size was checked.
        guard (request.headers["Content-Encoding"] ?? "identity").lowercased() == "identity" else {
            throw HTTPError(.unsupportedMediaType, reason: "contentEncoding", "the body must not be compressed")
        }
        guard let kind = request.headers[GitHubEventKind.fieldName], !kind.isEmpty else {
            throw HTTPError(.badRequest, reason: "eventMissing", "\(GitHubEventKind.fieldName) is missing")
        }
        guard let id = request.headers[Self.idFieldName], Self.isID(id) else {
            throw HTTPError(
                .badRequest, reason: "deliveryMalformed", "\(Self.idFieldName) is missing or no identifier")
        }
        self.id = id
        self.kind = GitHubEventKind(fieldValue: kind)
        self.signature = signature
    }

    private static func isJSON(_ field: String?) -> Bool {
        guard field != "application/json" else { return true }
        let type = field?.prefix { $0 != ";" } ?? ""
        return type.lowercased().trimmingSpaces == "application/json"
    }

    /// GitHub's ids are UUIDs; the bound is the one of `spec.trigger.deliveryID`.
    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
                default: false
                }
            }
    }
}

/// A verified delivery.
package struct Delivery: Sendable, Hashable {
    /// `X-GitHub-Delivery`.
    package let id: String
    /// What it says.
    package let event: GitHubEvent
    /// When it arrived.
    package let receivedAt: Timestamp

    /// A delivery with the given parts.
    package init(id: String, event: GitHubEvent, receivedAt: Timestamp) {
        self.id = id
        self.event = event
        self.receivedAt = receivedAt
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
