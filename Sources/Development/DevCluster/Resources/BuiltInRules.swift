// SPDX-License-Identifier: MIT
import JSONCoding
import ServiceRuntime

/// What the server sets on built-in objects, and what it refuses.
enum BuiltInRules {
    // MARK: What the server sets

    static func prepareForCreate(_ object: inout JSONValue, resource: ServedResource, now: Timestamp) {
        switch (resource.group, resource.kind) {
        case ("", "Namespace"):
            object.setValue(["kubernetes"], at: ["spec", "finalizers"])
            object.setValue("Active", at: ["status", "phase"])
        case ("", "Pod"):
            object["status"] = ["phase": "Pending", "qosClass": .string(qualityOfService(object))]
            object.setDefault("default", at: "spec", "serviceAccountName")
            object.setDefault("default", at: "spec", "serviceAccount")
            object.setDefault(0, at: "spec", "priority")
            object.setDefault("PreemptLowerPriority", at: "spec", "preemptionPolicy")
            tolerateShortOutages(&object)
        case ("", "Service"): object["status"] = ["loadBalancer": [:]]
        case ("policy", "PodDisruptionBudget"):
            object["status"] = ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
        case ("", "PersistentVolumeClaim"): object["status"] = ["phase": "Pending"]
        case ("batch", "Job"): prepareJob(&object)
        case ("apps", _): object["status"] = [:]
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): establish(&object, now: now)
        default: break
        }
    }

    /// Every pod stays for five minutes on a node that is not ready or cannot be reached, unless it says otherwise.
    private static func tolerateShortOutages(_ pod: inout JSONValue) {
        var tolerations = pod.at("spec", "tolerations")?.arrayValue ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isSaid = tolerations.contains { toleration in
                let (wanted, effect) = (toleration["key"]?.stringValue ?? "", toleration["effect"]?.stringValue ?? "")
                return (wanted == key || wanted.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if isSaid { continue }
            tolerations.append([
                "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            ])
        }
        pod.setValue(.array(tolerations), at: ["spec", "tolerations"])
    }

    static func prepareForUpdate(_ new: inout JSONValue, old: JSONValue, resource: ServedResource) {
        switch (resource.group, resource.kind) {
        case ("", "Namespace"):
            // Only the finalize endpoint changes these.
            new.setValue(old.at("spec", "finalizers"), at: ["spec", "finalizers"])
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            let time = old.meta("creationTimestamp")?.stringValue.flatMap { Timestamp($0) } ?? Timestamp.now
            establish(&new, now: time)
        default: break
        }
    }

    private static func qualityOfService(_ pod: JSONValue) -> String {
        let containers =
            (pod.at("spec", "containers")?.arrayValue ?? []) + (pod.at("spec", "initContainers")?.arrayValue ?? [])
        let resources = containers.map { $0["resources"] ?? [:] }
        func isEmpty(_ value: JSONValue?) -> Bool { value?.objectValue?.isEmpty ?? true }
        if resources.allSatisfy({ isEmpty($0["requests"]) && isEmpty($0["limits"]) }) { return "BestEffort" }
        let guaranteed = resources.allSatisfy {
            $0.at("limits", "cpu") != nil && $0.at("limits", "memory") != nil && $0["limits"] == $0["requests"]
        }
        return guaranteed ? "Guaranteed" : "Burstable"
    }

    /// The pods of a Job are found by its uid, which is known only now.
    private static func prepareJob(_ object: inout JSONValue) {
        object["status"] = [:]
        guard object.at("spec", "manualSelector")?.boolValue != true else { return }
        let uid = JSONValue.string(object.uid)
        let labels: [(String, JSONValue)] = [
            ("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", .string(object.name)),
            ("controller-uid", uid), ("job-name", .string(object.name)),
        ]
        for (key, value) in labels {
            object.setValue(value, at: ["spec", "template", "metadata", "labels", key])
        }
        // A Job without labels of its own takes those of its pods.
        if object.labels.isEmpty { object.setMeta("labels", object.at("spec", "template", "metadata", "labels")) }
        object.setValue(
            .object(["batch.kubernetes.io/controller-uid": uid]), at: ["spec", "selector", "matchLabels"])
    }

    /// A definition is served as soon as it is stored, so its conditions are true from the start.
    private static func establish(_ object: inout JSONValue, now: Timestamp) {
        func condition(_ type: String, _ reason: String, _ message: String) -> JSONValue {
            [
                "type": .string(type), "status": "True", "lastTransitionTime": .string(now.wholeSeconds.description),
                "reason": .string(reason), "message": .string(message),
            ]
        }
        var stored = object.at("status", "storedVersions")?.strings ?? []
        for version in object.at("spec", "versions")?.arrayValue ?? [] where version["storage"]?.boolValue == true {
            if let name = version["name"]?.stringValue, !stored.contains(name) { stored.append(name) }
        }
        object["status"] = [
            "conditions": .array([
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ]),
            "acceptedNames": object.at("spec", "names") ?? [:],
            "storedVersions": .array(stored.map { .string($0) }),
        ]
    }

    // MARK: What it refuses

    static func validate(_ object: JSONValue, old: JSONValue?, resource: ServedResource) -> [StatusError.Cause] {
        switch (resource.group, resource.kind) {
        case ("", "Pod"): return PodRules.validate(object["spec"] ?? [:], at: "spec") + podChange(object, old)
        case ("", "Secret"): return secret(object, old)
        case ("", "ConfigMap"): return immutableData(object, old)
        case ("batch", "Job"): return job(object, old)
        case ("apps", _): return workload(object, old)
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            return binding(object, old)
        case ("coordination.k8s.io", "Lease"): return lease(object)
        case ("", "ResourceQuota"): return ResourceBoundRules.quota(object)
        case ("", "LimitRange"): return ResourceBoundRules.limitRange(object)
        default: return []
        }
    }

    private static func podChange(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        guard let old else { return [] }
        func fixed(_ pod: JSONValue) -> JSONValue {
            var spec = pod["spec"] ?? [:]
            for field in ["activeDeadlineSeconds", "tolerations", "nodeName", "schedulingGates"] { spec[field] = nil }
            for list in ["containers", "initContainers"] {
                guard let items = spec[list]?.arrayValue else { continue }
                spec[list] = .array(items.map { $0.removing("image") })
            }
            return spec
        }
        guard fixed(object) != fixed(old) else { return [] }
        return [
            .forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`, "
                    + "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations`")
        ]
    }

    private static func secret(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        var causes = immutableData(object, old)
        for (key, value) in object["data"]?.objectValue ?? [:] {
            if let text = value.stringValue, Base64Text.decode(text) != nil { continue }
            causes.append(.invalid("data[\(key)]", "‹redacted›", "must be base64"))
        }
        if let old, old["type"] != object["type"] {
            causes.append(.invalid("type", object["type"] ?? "", "field is immutable"))
        }
        return causes
    }

    private static func immutableData(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        guard let old, old["immutable"]?.boolValue == true else { return [] }
        let changed = ["data", "binaryData", "immutable"].filter { object[$0] != old[$0] }
        return changed.map { .forbidden($0, "field is immutable when `immutable` is set") }
    }

    private static func job(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        let template = object.at("spec", "template", "spec") ?? [:]
        var causes = PodRules.validate(template, at: "spec.template.spec")
        let policy = template["restartPolicy"]?.stringValue ?? ""
        if policy != "Never", policy != "OnFailure" {
            causes.append(
                .required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""))
        }
        if object.name.utf8.count > 63 {
            causes.append(.invalid("metadata.name", .string(object.name), "must be no more than 63 characters"))
        }
        if let old {
            for field in ["selector", "completions", "completionMode", "podFailurePolicy", "backoffLimitPerIndex"]
            where object.at("spec", field) != old.at("spec", field) {
                causes.append(.invalid("spec.\(field)", object.at("spec", field) ?? .null, "field is immutable"))
            }
            let suspended = old.at("spec", "suspend")?.boolValue == true
            if !suspended, object.at("spec", "template") != old.at("spec", "template") {
                causes.append(.invalid("spec.template", .string("…"), "field is immutable"))
            }
        }
        return causes
    }

    private static func workload(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        var causes = PodRules.validate(object.at("spec", "template", "spec") ?? [:], at: "spec.template.spec")
        let selector = object.at("spec", "selector", "matchLabels")?.stringMap ?? [:]
        let labels = object.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        if object.at("spec", "selector")?.objectValue?.isEmpty ?? true {
            causes.append(.required("spec.selector"))
        } else if !selector.allSatisfy({ labels[$0.key] == $0.value }) {
            causes.append(
                .invalid(
                    "spec.template.metadata.labels", JSONValue(labels), "`selector` does not match template `labels`"))
        }
        if let old, old.at("spec", "selector") != object.at("spec", "selector") {
            causes.append(.invalid("spec.selector", object.at("spec", "selector") ?? .null, "field is immutable"))
        }
        return causes
    }

    private static func binding(_ object: JSONValue, _ old: JSONValue?) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        if object.at("roleRef", "name")?.stringValue?.isEmpty ?? true { causes.append(.required("roleRef.name")) }
        let kind = object.at("roleRef", "kind") ?? ""
        if !["Role", "ClusterRole"].contains(kind.stringValue ?? "") {
            causes.append(.notSupported("roleRef.kind", kind, ["ClusterRole", "Role"]))
        }
        if let old, old["roleRef"] != object["roleRef"] {
            causes.append(.invalid("roleRef", object["roleRef"] ?? .null, "cannot change roleRef"))
        }
        return causes
    }

    private static func lease(_ object: JSONValue) -> [StatusError.Cause] {
        guard let seconds = object.at("spec", "leaseDurationSeconds")?.integerValue, seconds <= 0 else { return [] }
        return [.invalid("spec.leaseDurationSeconds", .integer(seconds), "must be greater than 0")]
    }
}
