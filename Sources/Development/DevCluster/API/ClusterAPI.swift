// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime

/// What the API does, without HTTP: the rules of Kubernetes about objects on top of the store.
///
/// Every write happens in one transaction of the store: read, decide (admission, validation, defaults), write. The HTTP
/// server and the controllers inside the process both come through here, so there is one set of rules.
package final class ClusterAPI: Sendable {
    let store: ObjectStore
    let registry: CRDRegistry
    let policies: PolicyRegistry
    let tokens: TokenAuthority
    let clock: WallClock

    init(
        store: ObjectStore, registry: CRDRegistry, policies: PolicyRegistry, tokens: TokenAuthority,
        clock: WallClock = .system
    ) {
        self.store = store
        self.registry = registry
        self.policies = policies
        self.tokens = tokens
        self.clock = clock
        let definitions = store.objects(CRDRegistry.definitions).items
        registry.load(definitions)
        policies.load(from: store)
        store.observe { events in
            registry.observe(events)
            policies.observe(events)
        }
    }

    var now: Timestamp { clock.now().wholeSeconds }

    // MARK: Reading

    func get(_ resource: ServedResource, namespace: String?, name: String) throws(StatusError) -> JSONValue {
        guard let object = store.object(resource.key(namespace: namespace, name: name)) else {
            throw resource.notFound(name)
        }
        return resource.present(object)
    }

    // MARK: Steps that all writes share

    /// The object with the kind of the resource and in its namespace, or why it does not belong there.
    func identify(
        _ body: JSONValue, as resource: ServedResource, namespace: String?
    ) throws(StatusError) -> JSONValue {
        guard body.objectValue != nil else { throw .badRequest("the body is no object") }
        if !body.kind.isEmpty, body.kind != resource.kind || body.apiVersion != resource.apiVersion {
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(resource.kind)): "
                    + "\(body.apiVersion) \(body.kind) does not match \(resource.apiVersion)")
        }
        if let metadata = body["metadata"], metadata.objectValue == nil {
            throw .badRequest("metadata is a \(metadata.typeName), not an object")
        }
        var object = resource.stored(body)
        if resource.isNamespaced {
            let wanted = namespace ?? ""
            if !object.namespace.isEmpty, object.namespace != wanted {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
            object.setMeta("namespace", .string(wanted))
        } else {
            object.setMeta("namespace", nil)
        }
        object.setMeta("selfLink", nil)
        return object
    }

    /// Defaults and pruning, then everything that validation says.
    func normalize(
        _ object: inout JSONValue, old: JSONValue?, as resource: ServedResource, request: WriteRequest
    ) throws(StatusError) {
        do throws(StatusError) {
            try decode(&object, as: resource, request: request)
        } catch {
            guard request.isPatch, !request.isApply else { throw error }
            // What a patch has made is wrong, not the body that came.
            let problem = error.message.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? error.message
            var refusal = StatusError.invalid(
                group: "", kind: "", name: "",
                causes: [.invalid("patch", .string(object.encodedString()), problem)])
            refusal.kind = nil
            throw refusal
        }
        ObjectDefaults.apply(to: &object, kind: resource.kind, group: resource.group)
        var causes = MetadataRules.validate(object, resource: resource)
        causes += BuiltInRules.validate(object, old: old, resource: resource)
        if let custom = resource.custom { causes += custom.rules.validate(object, old: old) }
        guard causes.isEmpty else { throw resource.invalid(object.name, causes) }
        if resource.bucket == CRDRegistry.definitions { _ = try CustomResourceCompiler.compile(object) }
        try policies.check(definition: object, resource: resource)
    }

    /// Drops what the type does not have, with defaults for custom resources, and refuses or warns as the client wants.
    private func decode(
        _ object: inout JSONValue, as resource: ServedResource, request: WriteRequest
    ) throws(StatusError) {
        if let custom = resource.custom {
            try checkFields(of: object, custom, resource, request)
            object = custom.rules.normalize(object)
        } else if let definition = BuiltInTypes.definition(group: resource.group, kind: resource.kind) {
            let decoded = try BuiltInDecoder.decode(
                object, as: resource.bucket == .events ? Self.event ?? definition : definition, kind: resource.kind,
                version: resource.version)
            try report(decoded.unknown, resource, request)
            object = decoded.object
        }
    }

    /// Refuses fields that the schema does not know, where the client wants that.
    func checkFields(
        of object: JSONValue, _ custom: CustomResource, _ resource: ServedResource, _ request: WriteRequest
    ) throws(StatusError) {
        guard request.fieldValidation != .ignore else { return }
        try report(UnknownFields.between(object, custom.rules.prune(object)), resource, request)
    }

    /// Events are stored in the older of their two forms.
    private static let event = BuiltInTypes.definition(group: "", kind: "Event")

    /// Refuses unknown fields, or warns of them, as the client wants it.
    private func report(
        _ unknown: [String], _ resource: ServedResource, _ request: WriteRequest
    ) throws(StatusError) {
        guard !unknown.isEmpty else { return }
        switch request.fieldValidation {
        case .ignore: return
        case .warn:
            for path in unknown { request.warnings?.add("unknown field \"\(path)\"") }
            return
        case .strict: break
        }
        let list = unknown.map { "unknown field \"\($0)\"" }.joined(separator: ", ")
        throw .badRequest(
            "\(resource.kind) in version \"\(resource.version)\" cannot be handled as a \(resource.kind): "
                + "strict decoding error: \(list)")
    }

    /// Policies that administrators have installed.
    func admit(
        _ attributes: AdmissionAttributes, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        let namespace =
            attributes.namespace.isEmpty
            ? nil
            : transaction.object(StorageKey(bucket: .namespaces, namespace: "", name: attributes.namespace))
        try policies.evaluate(attributes, namespace: namespace)
    }

    /// The writer as the record of fields names it.
    func writer(_ request: WriteRequest, _ resource: ServedResource) -> ManagedFields.Writer {
        ManagedFields.Writer(
            manager: request.fieldManager, apiVersion: resource.apiVersion, subresource: request.subresource ?? "",
            time: now.description)
    }
}

extension StorageBucket {
    static let namespaces = StorageBucket(group: "", plural: "namespaces")
    static let serviceAccounts = StorageBucket(group: "", plural: "serviceaccounts")
    static let pods = StorageBucket(group: "", plural: "pods")
    static let endpoints = StorageBucket(group: "", plural: "endpoints")
    static let events = StorageBucket(group: "", plural: "events")
    static let configMaps = StorageBucket(group: "", plural: "configmaps")
}

extension ServedResource {
    /// The object as this version shows it.
    func present(_ stored: JSONValue) -> JSONValue {
        if group == "events.k8s.io" { return EventConversion.present(stored) }
        guard stored.apiVersion != apiVersion || stored.kind != kind else { return stored }
        var object = stored
        object["apiVersion"] = .string(apiVersion)
        object["kind"] = .string(kind)
        return object
    }

    /// The object as it is stored.
    func stored(_ object: JSONValue) -> JSONValue {
        if group == "events.k8s.io" { return EventConversion.stored(object) }
        var copy: JSONObject = ["apiVersion": .string(storedAPIVersion), "kind": .string(kind)]
        for (key, value) in object.objectValue ?? [:] where key != "apiVersion" && key != "kind" { copy[key] = value }
        return .object(copy)
    }

    /// How objects of this resource merge.
    var shape: MergeShape {
        custom.map { MergeShape(schema: $0.openAPI) } ?? MergeShape(kind: kind)
    }
}
