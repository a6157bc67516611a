// SPDX-License-Identifier: MIT
import JSONCoding

/// A message of JSON-RPC 2.0, as far as a server has to tell them apart.
enum JSONRPCMessage: Equatable {
    /// Wants an answer under its id.
    case request(id: JSONValue, method: String, parameters: JSONValue)
    /// Wants none.
    case notification(method: String)
    /// Answers something that we would have asked.
    case response

    /// Reads a message; a batch is none, as MCP has none since 2025-06-18.
    init(_ value: JSONValue) throws(JSONRPCError) {
        guard value.objectValue != nil else { throw .invalidRequest("the message is no object; batches are not taken") }
        guard value["jsonrpc"] == "2.0" else { throw .invalidRequest("jsonrpc is not \"2.0\"") }
        if value["method"] == nil, value["result"] != nil || value["error"] != nil {
            self = .response
            return
        }
        guard let method = value["method"]?.stringValue else { throw .invalidRequest("method is no string") }
        // Some clients write null for none.
        var parameters = value["params"] ?? [:]
        if parameters.isNull { parameters = [:] }
        guard let id = value["id"] else {
            self = .notification(method: method)
            return
        }
        // MCP: the id must not be null.
        guard id.stringValue != nil || id.integerValue != nil else {
            throw .invalidRequest("id is neither a string nor a whole number")
        }
        guard parameters.objectValue != nil else {
            throw JSONRPCError(code: JSONRPCError.invalidParameters, message: "params is no object", id: id)
        }
        self = .request(id: id, method: method, parameters: parameters)
    }
}

/// A refusal in the words of JSON-RPC 2.0, section 5.1.
struct JSONRPCError: Error, Equatable {
    static let parseError: Int64 = -32700
    static let invalidRequest: Int64 = -32600
    static let methodNotFound: Int64 = -32601
    static let invalidParameters: Int64 = -32602
    static let internalError: Int64 = -32603
    /// MCP 2026-07-28: the version that a request names is not spoken; `data` names those that are.
    static let unsupportedVersion: Int64 = -32022

    var code: Int64
    var message: String
    /// Of the request; null where it could not be read.
    var id: JSONValue = .null
    /// Particulars for programs.
    var data: JSONValue?

    static func invalidRequest(_ message: String) -> JSONRPCError {
        JSONRPCError(code: invalidRequest, message: message)
    }

    var json: JSONValue {
        var error: JSONObject = ["code": .integer(code), "message": .string(message)]
        if let data { error["data"] = data }
        return ["jsonrpc": "2.0", "id": id, "error": .object(error)]
    }
}
