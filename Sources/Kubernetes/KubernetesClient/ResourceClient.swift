// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
package import JSONCoding
package import KubernetesAPI

/// Reads and writes the objects of one type, in one namespace or in all.
///
/// Methods that name an object need a namespace for namespaced types. Every method throws `APIError`.
package struct ResourceClient<Object: KubernetesObject>: Sendable {
    /// Who sends the requests.
    package let client: APIClient
    /// The type.
    package let type: ResourceType
    /// The namespace; nil for all, and for cluster-scoped types.
    package let namespace: String?
    /// How much of each object lists and watches ask for.
    package let representation: Representation

    /// Access to a type.
    package init(
        client: APIClient, type: ResourceType, namespace: String? = nil, representation: Representation = .whole
    ) {
        self.client = client
        self.type = type
        self.namespace = namespace
        self.representation = representation
    }

    /// The same type in another namespace.
    package func inNamespace(_ namespace: String?) -> ResourceClient {
        ResourceClient(client: client, type: type, namespace: namespace, representation: representation)
    }

    // MARK: Reading

    /// Reads an object.
    package func get(_ name: String) async throws(APIError) -> Object {
        try await decoded(APIRequest(.get, try path(name), label: label("get")))
    }

    /// Nil when there is no such object.
    package func find(_ name: String) async throws(APIError) -> Object? {
        do {
            return try await get(name)
        } catch  where error.reason == .notFound {
            return nil
        }
    }

    /// One page; all objects when `limit` is not set.
    ///
    /// - Parameter pool: gives texts that many objects have alike one storage; for what is kept for long.
    package func list(
        _ options: ListOptions = .init(), pool: JSONStringPool? = nil
    ) async throws(APIError) -> ListPage<Object> {
        let request = APIRequest(
            .get, try collection(), query: options.query, accept: representation.accept(isList: true),
            timeout: .seconds(60), label: label("list"))
        let response = try await client.send(request)
        do {
            return try ListPage(response.body, type: type, pool: pool)
        } catch {
            throw unreadable(error, response.status, request)
        }
    }

    /// Every object, fetched by pages. Continuations expire while a long list is read; then it is read again at once
    /// and whole.
    package func listAll(_ options: ListOptions = .init(), pageSize: Int = 500) async throws(APIError) -> ListPage<
        Object
    > {
        var all = ListPage<Object>()
        var next = options
        next.limit = options.limit ?? pageSize
        repeat {
            let page: ListPage<Object>
            do {
                page = try await list(next)
            } catch  where error.reason == .expired && next.continueToken != nil {
                var whole = options
                whole.limit = nil
                return try await list(whole)
            }
            all.items += page.items
            all.poison += page.poison
            all.resourceVersion = page.resourceVersion
            next.continueToken = page.continueToken
            // The version belongs to the first page; the continuation carries it.
            next.resourceVersion = nil
            next.resourceVersionMatch = nil
        } while next.continueToken != nil
        return all
    }

    // MARK: Writing

    /// Creates the object, in the namespace of this client or else in its own.
    package func create(_ object: Object, options: WriteOptions = .init()) async throws(APIError) -> Object {
        let target = type.isNamespaced ? namespace ?? object.metadata.namespace : nil
        return try await decoded(
            APIRequest(
                .post, try inNamespace(target).collection(isForOne: true), query: options.query,
                body: try manifest(object), label: label("create")))
    }

    /// Writes the whole object; refused when its resource version is not the current one. Only for models that hold
    /// the whole object.
    package func replace(
        _ object: Object, subresource: String? = nil, options: WriteOptions = .init()
    ) async throws(APIError) -> Object {
        let client = inNamespace(namespace ?? object.metadata.namespace)
        return try await decoded(
            APIRequest(
                .put, try client.path(object.metadata.name, subresource), query: options.query,
                body: try manifest(object), label: label("update")))
    }

    /// Changes an object in one of the four forms.
    package func patch(
        _ name: String, _ patch: Patch, subresource: String? = nil, options: WriteOptions = .init()
    ) async throws(APIError) -> Object {
        var query = options.query
        if case .apply(_, let manager, let force) = patch {
            query.removeAll { $0.name == "fieldManager" }
            query.append(.init(name: "fieldManager", value: manager.name))
            if force { query.append(.init(name: "force", value: "true")) }
        }
        return try await decoded(
            APIRequest(
                .patch, try path(name, subresource), query: query, body: patch.body, contentType: patch.contentType,
                label: label("patch")))
    }

    /// Changes the status subresource.
    package func patchStatus(
        _ name: String, _ patch: Patch, options: WriteOptions = .init()
    ) async throws(APIError) -> Object {
        try await self.patch(name, patch, subresource: "status", options: options)
    }

    /// Server-side apply. The manifest names `apiVersion`, `kind` and `metadata.name`; those are put in when missing.
    ///
    /// A conflict with another owner of a field is an error to show: forcing it is for what is known to be ours.
    package func apply(
        _ json: JSONValue, name: String, fieldManager: FieldManager = .codexK8s, force: Bool = false,
        subresource: String? = nil, options: WriteOptions = .init()
    ) async throws(APIError) -> Object {
        var content = json
        if content["apiVersion"] == nil { content["apiVersion"] = .string(type.apiVersion) }
        if content["kind"] == nil { content["kind"] = .string(type.kind) }
        content.setValue(.string(name), at: ["metadata", "name"])
        return try await patch(
            name, .apply(content, manager: fieldManager, force: force), subresource: subresource, options: options)
    }

    /// Asks for deletion. Returns the object as far as it still exists (finalizers, grace period), nil when it is gone.
    @discardableResult
    package func delete(_ name: String, options: DeleteOptions = .init()) async throws(APIError) -> Object? {
        let content = try await client.json(
            APIRequest(.delete, try path(name), body: options.body, label: label("delete")), limits: Self.limits)
        return content["kind"] == "Status" ? nil : try? Object.decode(content)
    }

    /// Deletes every selected object.
    package func deleteAll(_ selection: ListOptions = .init(), options: DeleteOptions = .init()) async throws(APIError)
    {
        _ = try await client.json(
            APIRequest(
                .delete, try collection(isForOne: true), query: selection.query, body: options.body,
                timeout: .seconds(60), label: label("deletecollection")))
    }

    // MARK: Requests

    /// Nobody reads managed fields out of caches, and they are up to half of an object.
    static var limits: JSONLimits { JSONLimits(skipsManagedFields: true) }

    func label(_ verb: String) -> String { "\(verb) \(type.qualifiedName)" }

    /// - Parameter isForOne: the request needs a namespace: creation, and deletion, which must never mean "everywhere"
    ///   by a forgotten argument.
    func collection(isForOne: Bool = false) throws(APIError) -> String {
        if type.isNamespaced, let problem = Self.problem(namespace, isOptional: !isForOne) {
            throw invalid("\(type.kind) has no namespace to be in: \(problem)")
        }
        return type.path(namespace: namespace)
    }

    func path(_ name: String, _ subresource: String? = nil) throws(APIError) -> String {
        // An empty name would turn an object's path into that of the collection.
        if let problem = Self.problem(name, isOptional: false) { throw invalid("no \(type.kind) is meant: \(problem)") }
        if type.isNamespaced, let problem = Self.problem(namespace, isOptional: false) {
            throw invalid("\(type.kind) \(name) needs a namespace: \(problem)")
        }
        return type.path(namespace: namespace, name: name, subresource: subresource)
    }

    private static func problem(_ segment: String?, isOptional: Bool) -> String? {
        switch segment {
        case nil: isOptional ? nil : "none is given"
        case "": "it is empty"
        case ".", "..": "it is a path"
        default: nil
        }
    }

    private func invalid(_ message: String) -> APIError {
        APIError(reason: .invalid, message: message, request: type.qualifiedName)
    }

    private func manifest(_ object: Object) throws(APIError) -> JSONValue {
        do {
            return try object.manifest()
        } catch {
            throw invalid("\(type.kind) \(object.metadata.key) cannot be written as JSON: \(error)")
        }
    }

    private func decoded(_ request: APIRequest) async throws(APIError) -> Object {
        let response = try await client.send(request)
        let node: JSONNode
        do {
            node = try JSONNode.tokenize(response.body, limits: Self.decodingLimits)
        } catch {
            throw unreadable(error, response.status, request)
        }
        do {
            return try Object.decode(node)
        } catch {
            let poison = PoisonObject(node, problem: error)
            throw APIError(
                reason: .undecodable, status: response.status, message: "cannot read \(poison)", request: request.label)
        }
    }

    private func unreadable(_ error: JSONParseError, _ status: HTTPStatus, _ request: APIRequest) -> APIError {
        APIError(
            reason: .undecodable, status: status, message: "the answer is not JSON: \(error)", request: request.label)
    }

    /// Objects that are kept whole keep their managed fields when asked for one by one.
    private static var decodingLimits: JSONLimits {
        Object.self == DynamicObject.self ? .default : limits
    }
}
