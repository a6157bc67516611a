// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import YAMLCoding

/// Reading of bodies and query parameters.
enum RequestOptions {
    /// The body as an object, from JSON or YAML.
    static func body(_ request: ServerRequest) throws(StatusError) -> JSONValue {
        let type = mediaType(request)
        if type.hasSuffix("yaml") {
            do {
                return try YAMLParser.document(String(decoding: request.body, as: UTF8.self))
            } catch {
                throw .badRequest("the body is not valid YAML: \(error)")
            }
        }
        if type == "application/vnd.kubernetes.protobuf" { return try ProtobufDecoder.object(request.body) }
        if type.contains("cbor") {
            throw .unsupportedMediaType("application/json, application/yaml")
        }
        do {
            return try JSONValue.parse(request.body)
        } catch {
            throw .badRequest("the body is not valid JSON: \(error)")
        }
    }

    /// The content type without its parameters.
    static func mediaType(_ request: ServerRequest) -> String {
        let header = request.headers["Content-Type"] ?? "application/json"
        return String(header.prefix { $0 != ";" }).lowercased().filter { $0 != " " }
    }

    /// What a write carries in its query.
    static func write(
        _ request: ServerRequest, user: UserInfo, info: RequestInfo, warnings: Warnings? = nil
    ) throws(StatusError) -> WriteRequest {
        // Who does not say what is to become of unknown fields is warned of them, since Kubernetes 1.27.
        var write = WriteRequest(user: user, fieldValidation: .warn)
        write.warnings = warnings
        if let manager = request.query["fieldManager"], !manager.isEmpty {
            write.fieldManager = manager
        } else {
            let agent = request.headers["User-Agent"] ?? ""
            let product = String(agent.prefix { $0 != "/" })
            write.fieldManager = product.isEmpty ? "unknown" : String(product.prefix(128))
        }
        switch request.query["dryRun"] {
        case nil, "": break
        case "All": write.dryRun = true
        case let other?: throw invalidOption(info.verb, .notSupported("dryRun", [.string(other)], ["All"]))
        }
        if let text = request.query["fieldValidation"], !text.isEmpty {
            guard let validation = WriteRequest.FieldValidation(rawValue: text) else {
                throw invalidOption(
                    info.verb, .notSupported("fieldValidation", .string(text), ["", "Ignore", "Strict", "Warn"]))
            }
            write.fieldValidation = validation
        }
        write.subresource = info.subresource.isEmpty ? nil : info.subresource
        return write
    }

    /// 422 for an option that is not possible.
    private static func invalidOption(_ verb: String, _ cause: StatusError.Cause) -> StatusError {
        .invalid(
            group: "meta.k8s.io", kind: verb.prefix(1).uppercased() + verb.dropFirst() + "Options", name: "",
            causes: [cause])
    }

    /// DeleteOptions from the body, or from the query.
    static func delete(_ request: ServerRequest) throws(StatusError) -> (options: ClusterDeleteOptions, dryRun: Bool) {
        var options = ClusterDeleteOptions()
        let body: JSONValue = request.body.isEmpty ? [:] : try body(request)
        let grace = body["gracePeriodSeconds"]?.integerValue.map(Int.init)
        options.gracePeriodSeconds = grace ?? request.query["gracePeriodSeconds"].flatMap { Int($0) }
        if let text = body["propagationPolicy"]?.stringValue ?? request.query["propagationPolicy"] {
            guard let propagation = ClusterDeleteOptions.Propagation(rawValue: text) else {
                throw invalidOption(
                    "delete",
                    .notSupported("propagationPolicy", .string(text), ["Foreground", "Background", "Orphan", "nil"]))
            }
            options.propagation = propagation
        } else if let orphans = body["orphanDependents"]?.boolValue {
            options.propagation = orphans ? .orphan : .background
        }
        options.uid = body.at("preconditions", "uid")?.stringValue
        options.resourceVersion = body.at("preconditions", "resourceVersion")?.stringValue
        let dryRun = body["dryRun"]?.strings.contains("All") ?? false
        return (options, dryRun || request.query["dryRun"] == "All")
    }

    /// The patch that the content type announces.
    static func patch(_ request: ServerRequest) throws(StatusError) -> ObjectPatch {
        let type = mediaType(request)
        switch type {
        case "application/merge-patch+json": return .merge(try body(request))
        case "application/strategic-merge-patch+json": return .strategic(try body(request))
        case "application/json-patch+json":
            let json = try body(request)
            guard json.arrayValue != nil else {
                throw .badRequest("error decoding patch: a JSON patch is a list of operations")
            }
            do {
                return .json(try JSONPatch(json))
            } catch {
                throw .rejectedPatch("\(error)")
            }
        case "application/apply-patch+yaml", "application/apply-patch+json":
            guard let manager = request.query["fieldManager"], !manager.isEmpty else {
                throw .invalid(
                    group: "meta.k8s.io", kind: "PatchOptions", name: "",
                    causes: [
                        .init(
                            reason: "FieldValueRequired", message: "Required value: is required for apply patch",
                            field: "fieldManager")
                    ])
            }
            return .apply(try body(request), force: request.query["force"] == "true")
        default:
            throw .unsupportedMediaType(
                "application/json-patch+json, application/merge-patch+json, "
                    + "application/strategic-merge-patch+json, application/apply-patch+yaml")
        }
    }
}
