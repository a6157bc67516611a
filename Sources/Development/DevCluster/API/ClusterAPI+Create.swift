// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

extension ClusterAPI {
    /// Creates an object; the answer is as stored.
    func create(
        _ resource: ServedResource, namespace: String?, body: JSONValue, request: WriteRequest,
        managers: ManagedFields? = nil
    ) throws(StatusError) -> JSONValue {
        let object = try identify(body, as: resource, namespace: namespace)
        let created = try store.transaction(commit: !request.dryRun) { (transaction) throws(StatusError) -> JSONValue in
            try create(object, resource, request: request, managers: managers, in: &transaction)
        }
        return resource.present(request.dryRun ? Self.withoutVersion(created) : created)
    }

    /// What a dry run has made has no version, because nothing was written.
    private static func withoutVersion(_ object: JSONValue) -> JSONValue {
        var copy = object
        copy.setMeta("resourceVersion", nil)
        return copy
    }

    func create(
        _ body: JSONValue, _ resource: ServedResource, request: WriteRequest, managers: ManagedFields?,
        in transaction: inout StoreTransaction
    ) throws(StatusError) -> JSONValue {
        var object = body
        guard object.resourceVersion.isEmpty else {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        try nameIt(&object, resource, in: transaction)
        let name = object.name
        let key = resource.key(namespace: object.namespace, name: name)
        try checkNamespace(of: object, resource, in: transaction)
        if let known = transaction.object(key) {
            var error = StatusError.alreadyExists(group: resource.group, plural: resource.plural, name: name)
            if known.isBeingDeleted { error.message = "object is being deleted: \(error.message)" }
            throw error
        }
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"] { object.setMeta(field, nil) }
        object.setMeta("uid", .string(uuidVersion4()))
        object.setMeta("creationTimestamp", .string(now.description))
        object.setMeta("generation", resource.hasGeneration ? 1 : nil)
        if resource.hasStatus { object["status"] = nil }
        try normalize(&object, old: nil, as: resource, request: request)
        var managed = managers ?? ManagedFields(of: [:])
        if managers == nil {
            // What the server itself adds below is nobody's.
            managed.recordUpdate(from: nil, to: object, by: writer(request, resource), shape: resource.shape)
        }
        try tokens.complete(&object, resource: resource, in: transaction)
        if try LimitRanger.apply(to: &object, resource: resource, in: transaction) {
            // Defaults of the namespace must go together with what the pod says itself.
            let causes = ResourceBoundRules.containers(of: object["spec"] ?? [:], at: "spec")
            guard causes.isEmpty else { throw resource.invalid(name, causes) }
        }
        BuiltInRules.prepareForCreate(&object, resource: resource, now: now)
        try PodAdmission.check(object, resource: resource, in: transaction)
        try PodSecurity.check(object, resource: resource, in: transaction)
        try QuotaRules.check(object, resource: resource, in: transaction)
        try admit(
            AdmissionAttributes(
                operation: .create, resource: resource, subresource: "", namespace: object.namespace, name: name,
                user: request.user, object: resource.present(object), oldObject: nil, dryRun: request.dryRun),
            in: transaction)
        object.setMeta("managedFields", managed.json)
        let stored = transaction.put(object, at: key)
        if resource.bucket == CRDRegistry.definitions {
            transaction.forgetHistory(
                of: StorageBucket(
                    group: stored.at("spec", "group")?.stringValue ?? "",
                    plural: stored.at("spec", "names", "plural")?.stringValue ?? ""))
        }
        if resource.bucket == .namespaces { addNamespaceContent(name, in: &transaction) }
        return stored
    }

    /// Fills in a generated name, and checks the name.
    private func nameIt(
        _ object: inout JSONValue, _ resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        if object.name.isEmpty, let prefix = object.meta("generateName")?.stringValue, !prefix.isEmpty {
            // As Kubernetes: five characters that spell no words; the prefix is cut to leave room for them.
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<8 {
                let name = NameRules.generated(prefix, using: &generator)
                if transaction.object(resource.key(namespace: object.namespace, name: name)) == nil {
                    object.setMeta("name", .string(name))
                    break
                }
            }
        }
        guard !object.name.isEmpty else {
            throw resource.invalid("", [.required("metadata.name", "name or generateName is required")])
        }
        guard let problem = NameRules.problem(with: object.name, rule: resource.nameRule) else { return }
        var causes = [StatusError.Cause.invalid("metadata.name", .string(object.name), problem)]
        // What is wrong with a name may have been wrong with what it was made of; its end is the server's.
        if let prefix = object.meta("generateName")?.stringValue, !prefix.isEmpty,
            let own = NameRules.problem(with: prefix + "x", rule: resource.nameRule)
        {
            causes.insert(.invalid("metadata.generateName", .string(prefix), own), at: 0)
        }
        throw resource.invalid(object.name, causes)
    }

    /// A namespaced object needs a namespace that is there and not going away.
    private func checkNamespace(
        of object: JSONValue, _ resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.isNamespaced else { return }
        guard !object.namespace.isEmpty else {
            throw .badRequest("an empty namespace may not be set during creation")
        }
        let key = StorageKey(bucket: .namespaces, namespace: "", name: object.namespace)
        guard let namespace = transaction.object(key) else {
            throw .notFound(group: "", plural: "namespaces", name: object.namespace)
        }
        if namespace.isBeingDeleted {
            var error = resource.forbidden(
                object.name,
                "unable to create new content in namespace \(object.namespace) because it is being terminated")
            error.causes = [
                .init(
                    reason: "NamespaceTerminating",
                    message: "namespace \(object.namespace) is being terminated", field: "metadata.namespace")
            ]
            throw error
        }
    }

    /// What every namespace has from its first moment: a service account for pods, and the authority to trust.
    private func addNamespaceContent(_ namespace: String, in transaction: inout StoreTransaction) {
        let time = JSONValue.string(now.description)
        func add(_ kind: String, _ bucket: StorageBucket, _ name: String, _ extra: JSONObject) {
            var object: JSONObject = [
                "apiVersion": "v1", "kind": .string(kind),
                "metadata": .object([
                    "name": .string(name), "namespace": .string(namespace), "uid": .string(uuidVersion4()),
                    "creationTimestamp": time,
                ]),
            ]
            for (key, value) in extra { object[key] = value }
            transaction.put(
                .object(object), at: StorageKey(bucket: bucket, namespace: namespace, name: name))
        }
        add("ServiceAccount", .serviceAccounts, "default", [:])
        add(
            "ConfigMap", .configMaps, "kube-root-ca.crt",
            ["data": .object(["ca.crt": .string(tokens.authorityPEM)])])
    }
}
