// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

extension APIHandler {
    /// Carries out a request about a resource.
    func answer(_ call: ResourceCall) async throws(StatusError) -> ServerResponse {
        let resource = call.resource
        let info = call.info
        if Reviews.isReview(resource) {
            guard info.verb == "create", info.name.isEmpty else { throw .methodNotAllowed }
            return try Reviews(handler: self).answer(call)
        }
        if !info.subresource.isEmpty {
            guard resource.subresources.contains(info.subresource) else { throw .noSuchPath }
            if info.subresource == "log" { return try await log(call) }
            if info.subresource == "token" { return try TokenRequests(api: api).answer(call) }
            guard ["get", "update", "patch"].contains(info.verb) else { throw .methodNotAllowed }
            if info.subresource == "scale" { return render(try ScaleSubresource(api: api).answer(call), call) }
        }
        switch info.verb {
        case "get":
            if let version = call.request.query["resourceVersion"].flatMap({ UInt64($0) }) {
                try await waitForRevision(version)
            }
            return render(try api.get(resource, namespace: call.namespace, name: info.name), call)
        case "list": return try await list(call)
        case "watch": return try watch(call)
        case "create": return try warned { (warnings) throws(StatusError) in try create(call, warnings) }
        case "update": return try warned { (warnings) throws(StatusError) in try update(call, warnings) }
        case "patch": return try warned { (warnings) throws(StatusError) in try patch(call, warnings) }
        case "delete": return try delete(call)
        case "deletecollection": return try deleteCollection(call)
        default: throw .methodNotAllowed
        }
    }

    /// Carries out a write whose warnings reach the client whether it succeeds or not.
    private func warned(
        _ write: (Warnings) throws(StatusError) -> ServerResponse
    ) throws(StatusError) -> ServerResponse {
        let warnings = Warnings()
        do throws(StatusError) {
            return try write(warnings)
        } catch {
            throw error.warning(warnings)
        }
    }

    private func render(
        _ object: JSONValue, _ call: ResourceCall, status: HTTPStatus = .ok, warnings: Warnings? = nil
    ) -> ServerResponse {
        let json = call.format.render(
            object, resource: call.resource, tables: tables, includeObject: call.includeObject)
        var headers = HTTPHeaders()
        for value in warnings?.headers ?? [] { headers.add(name: "Warning", value: value) }
        return .json(json, status: status, headers: headers)
    }

    // MARK: Reading

    private func list(_ call: ResourceCall) async throws(StatusError) -> ServerResponse {
        let options = try ListOptions(call.request.query, isWatch: false)
        let filter = try filter(call)
        var moment: UInt64?
        if options.continuation.isEmpty {
            switch try options.moment() {
            case .now(let oldest): try await waitForRevision(oldest)
            case .exactly(let revision):
                try await waitForRevision(revision)
                moment = revision
            }
        } else {
            _ = try ContinueToken(options.continuation)
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
        }
        let page = try api.list(
            call.resource, namespace: call.namespace, filter: filter, limit: options.limit,
            token: options.continuation, at: moment)
        var meta: JSONObject = ["resourceVersion": .string(String(page.revision))]
        if !page.next.isEmpty { meta["continue"] = .string(page.next) }
        if let remaining = page.remaining { meta["remainingItemCount"] = .integer(Int64(remaining)) }
        switch call.format {
        case .table:
            return .json(
                tables.table(
                    page.items, resource: call.resource, listMeta: .object(meta), includeObject: call.includeObject))
        case .metadata:
            return .json([
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": .object(meta),
                "items": .array(page.items.map(ResponseFormat.partial)),
            ])
        case .object:
            return .json([
                "kind": .string(call.resource.kind + "List"), "apiVersion": .string(call.resource.apiVersion),
                "metadata": .object(meta), "items": .array(page.items.map { Self.listItem($0, call.resource) }),
            ])
        }
    }

    /// Built-in objects in a list do not repeat their kind, as in Kubernetes.
    private static func listItem(_ object: JSONValue, _ resource: ServedResource) -> JSONValue {
        guard resource.custom == nil, var members = object.objectValue else { return object }
        members.removeValue(forKey: "apiVersion")
        members.removeValue(forKey: "kind")
        return .object(members)
    }

    func filter(_ call: ResourceCall) throws(StatusError) -> ObjectFilter {
        var fields = call.request.query["fieldSelector"] ?? ""
        if !call.info.name.isEmpty {
            fields = (fields.isEmpty ? "" : fields + ",") + "metadata.name=\(call.info.name)"
        }
        return try ObjectFilter(
            labelSelector: call.request.query["labelSelector"], fieldSelector: fields, resource: call.resource)
    }

    /// Returns when the store has reached a revision.
    ///
    /// - Throws: 504 `Timeout` when it has not within the time that the server waits.
    func waitForRevision(_ wanted: UInt64) async throws(StatusError) {
        guard wanted > api.store.revision else { return }
        let store = api.store
        let timeout = freshnessTimeout
        let reached = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                while true {
                    let current = store.revision
                    if current >= wanted { return true }
                    if Task.isCancelled || store.isClosed { return false }
                    await store.waitForChange(in: nil, after: current)
                }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard reached else { throw .tooLarge(wanted, current: store.revision) }
    }

    private func watch(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        let options = try ListOptions(call.request.query, isWatch: true)
        let wanted = try options.revision(isWatch: true) ?? 0
        let start: WatchStream.Start
        switch options.sendInitialEvents {
        case true?: start = .existing(notBefore: wanted)
        case nil where wanted == 0: start = .existing(notBefore: 0)
        case false? where wanted == 0: start = .now
        default: start = .after(wanted)
        }
        let stream = WatchStream(
            handler: self, call: call, filter: try filter(call), start: start,
            marksInitialEnd: options.sendInitialEvents == true && options.allowsBookmarks,
            bookmarks: options.allowsBookmarks ? bookmarkInterval : nil,
            timeout: options.timeoutSeconds.map { .seconds($0) })
        return .stream(contentType: "application/json") { writer in try await stream.run(writer) }
    }

    // MARK: Writing

    private func create(_ call: ResourceCall, _ warnings: Warnings) throws(StatusError) -> ServerResponse {
        guard call.info.name.isEmpty else { throw .methodNotAllowed }
        let body = try RequestOptions.body(call.request)
        let request = try RequestOptions.write(call.request, user: call.user, info: call.info, warnings: warnings)
        try escalation.check(placed(body, call), resource: call.resource, user: call.user)
        let object = try api.create(call.resource, namespace: call.namespace, body: body, request: request)
        return render(object, call, status: .created, warnings: warnings)
    }

    private func update(_ call: ResourceCall, _ warnings: Warnings) throws(StatusError) -> ServerResponse {
        guard !call.info.name.isEmpty else { throw .methodNotAllowed }
        let body = try RequestOptions.body(call.request)
        let request = try RequestOptions.write(call.request, user: call.user, info: call.info, warnings: warnings)
        try escalation.check(placed(body, call), resource: call.resource, user: call.user)
        if call.resource.needsVersionToUpdate, body.resourceVersion.isEmpty {
            throw call.resource.invalid(
                call.info.name, [.invalid("metadata.resourceVersion", "0x0", "must be specified for an update")])
        }
        let object = try api.update(
            call.resource, namespace: call.namespace, name: call.info.name, request: request
        ) { (_) throws(StatusError) -> ClusterAPI.Change in ClusterAPI.Change(object: body) }
        return render(object, call, warnings: warnings)
    }

    private func patch(_ call: ResourceCall, _ warnings: Warnings) throws(StatusError) -> ServerResponse {
        guard !call.info.name.isEmpty else { throw .methodNotAllowed }
        let patch = try RequestOptions.patch(call.request)
        let request = try RequestOptions.write(call.request, user: call.user, info: call.info, warnings: warnings)
        if case .apply(let configuration, _) = patch {
            try escalation.check(placed(configuration, call), resource: call.resource, user: call.user)
            try allowCreation(call)
        } else if call.resource.group == "rbac.authorization.k8s.io" {
            // What the patch makes of the role is what would be granted.
            var trial = request
            trial.dryRun = true
            trial.warnings = nil
            trial.user = .apiServer
            let result = try api.patch(
                call.resource, namespace: call.namespace, name: call.info.name, patch: patch, request: trial)
            try escalation.check(result.object, resource: call.resource, user: call.user)
        }
        let result = try api.patch(
            call.resource, namespace: call.namespace, name: call.info.name, patch: patch, request: request)
        return render(result.object, call, status: result.created ? .created : .ok, warnings: warnings)
    }

    /// Apply makes what is missing, which needs the right to create.
    private func allowCreation(_ call: ResourceCall) throws(StatusError) {
        let key = call.resource.key(namespace: call.namespace, name: call.info.name)
        guard call.info.subresource.isEmpty, api.store.object(key) == nil else { return }
        var access = call.info.access
        access.verb = "create"
        guard authorizer.allows(access, user: call.user) else {
            throw call.resource.forbidden(call.info.name, access.refusal(call.user))
        }
    }

    private func placed(_ body: JSONValue, _ call: ResourceCall) -> JSONValue {
        guard let namespace = call.namespace, body.objectValue != nil, body.namespace.isEmpty else { return body }
        var copy = body
        copy.setMeta("namespace", .string(namespace))
        return copy
    }

    private func delete(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        let asked = try RequestOptions.delete(call.request)
        let request = WriteRequest(user: call.user, dryRun: asked.dryRun)
        let deletion = try api.delete(
            call.resource, namespace: call.namespace, name: call.info.name, options: asked.options, request: request)
        switch deletion {
        case .pending(let object): return render(object, call)
        case .removed(let object):
            if call.resource.bucket == .pods { return render(object, call) }
            var details: JSONValue = [
                "name": .string(object.name), "kind": .string(call.resource.plural), "uid": .string(object.uid),
            ]
            if !call.resource.group.isEmpty { details["group"] = .string(call.resource.group) }
            return .json([
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
            ])
        }
    }

    private func deleteCollection(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        guard call.resource.verbs.contains("deletecollection") else { throw .methodNotAllowed }
        let asked = try RequestOptions.delete(call.request)
        let request = WriteRequest(user: call.user, dryRun: asked.dryRun)
        let items = try api.deleteCollection(
            call.resource, namespace: call.namespace, filter: filter(call), options: asked.options, request: request)
        return .json([
            "kind": .string(call.resource.kind + "List"), "apiVersion": .string(call.resource.apiVersion),
            "metadata": ["resourceVersion": .string(String(api.store.revision))], "items": .array(items),
        ])
    }
}
