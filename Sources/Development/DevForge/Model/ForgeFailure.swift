// SPDX-License-Identifier: MIT
package import JSONCoding

/// A refusal in the words and the shape of GitHub's error answers.
package struct ForgeFailure: Error, Sendable {
    package var status: Int
    package var message: String
    /// Details, mostly objects with `resource`, `field` and `code`.
    package var errors: [JSONValue] = []
    /// Further response headers, for example `Retry-After`.
    package var headers: [String: String] = [:]

    /// The JSON body; `status` is a string there, as on GitHub.
    package var body: JSONValue {
        var members: JSONObject = ["message": .string(message)]
        if !errors.isEmpty { members["errors"] = .array(errors) }
        members["documentation_url"] = "https://docs.github.com/rest"
        members["status"] = .string(String(status))
        return .object(members)
    }

    /// What does not exist, or what the caller must not know of.
    package static let notFound = ForgeFailure(status: 404, message: "Not Found")
    /// The token is unknown or has expired.
    package static let badCredentials = ForgeFailure(status: 401, message: "Bad credentials")
    /// No token at all.
    package static let requiresAuthentication = ForgeFailure(status: 401, message: "Requires authentication")
    /// The installation's token lacks the permission.
    package static let notAccessibleByIntegration = ForgeFailure(
        status: 403, message: "Resource not accessible by integration")
    /// The person lacks the role.
    package static let mustHaveAdminRights = ForgeFailure(
        status: 403, message: "Must have admin rights to Repository.")
    /// The body is not JSON.
    package static let problemsParsing = ForgeFailure(status: 400, message: "Problems parsing JSON")

    /// A value that GitHub refuses: which field of which resource, and the code that it gives.
    package static func validation(
        _ resource: String, field: String? = nil, code: String, message: String? = nil
    ) -> ForgeFailure {
        var error: JSONObject = ["resource": .string(resource)]
        if let field { error["field"] = .string(field) }
        error["code"] = .string(code)
        if let message { error["message"] = .string(message) }
        return ForgeFailure(status: 422, message: "Validation Failed", errors: [.object(error)])
    }

    /// A refusal of the whole request with 422 and a sentence.
    package static func unprocessable(_ message: String) -> ForgeFailure {
        ForgeFailure(status: 422, message: message)
    }
}
