// SPDX-License-Identifier: MIT
import JSONCoding

/// The defaults of built-in kinds, as the published API documents them.
///
/// Only defaults that something can observe are here: what clients print or compare, what the kubelet and the Job
/// controller act upon, and what a patch must find in place.
enum ObjectDefaults {
    static func apply(to object: inout JSONValue, kind: String, group: String) {
        // An empty list or map means the same as none; kubectl sends them when the last label goes.
        for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
            let value = object.meta(field)
            if value?.isNull == true || value?.objectValue?.isEmpty == true || value?.arrayValue?.isEmpty == true {
                object.setMeta(field, nil)
            }
        }
        switch (group, kind) {
        case ("", "Pod"):
            change(&object, "spec") { spec in
                podSpec(&spec)
                for list in ["initContainers", "containers"] { changeEach(&spec, list, requests) }
            }
            object.setDefault(true, at: "spec", "enableServiceLinks")
        case ("", "Secret"): secret(&object)
        case ("", "Service"): service(&object)
        case ("", "Namespace"): namespace(&object)
        case ("", "LimitRange"): limitRange(&object)
        case ("", "PersistentVolumeClaim"): object.setDefault("Filesystem", at: "spec", "volumeMode")
        case ("batch", "Job"): job(&object)
        case ("apps", "Deployment"): deployment(&object)
        case ("apps", "ReplicaSet"):
            object.setDefault(1, at: "spec", "replicas")
            podTemplate(&object)
        case ("networking.k8s.io", "NetworkPolicy"): networkPolicy(&object)
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            binding(&object)
        case ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"):
            object.setDefault("Fail", at: "spec", "failurePolicy")
            change(&object, "spec") { spec in change(&spec, "matchConstraints", matchResources) }
        case ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"):
            change(&object, "spec") { spec in change(&spec, "matchResources", matchResources) }
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): definition(&object)
        default: break
        }
    }

    private static func change(_ object: inout JSONValue, _ key: String, _ body: (inout JSONValue) -> Void) {
        guard var value = object[key], value.objectValue != nil else { return }
        object[key] = .null
        body(&value)
        object[key] = value
    }

    private static func changeEach(_ object: inout JSONValue, _ key: String, _ body: (inout JSONValue) -> Void) {
        guard var items = object[key]?.arrayValue else { return }
        object[key] = .null
        for index in items.indices { body(&items[index]) }
        object[key] = .array(items)
    }

    private static func podTemplate(_ object: inout JSONValue) {
        change(&object, "spec") { spec in
            change(&spec, "template") { template in change(&template, "spec", podSpec) }
        }
    }

    private static func podSpec(_ spec: inout JSONValue) {
        spec.setDefault("Always", at: "restartPolicy")
        spec.setDefault("ClusterFirst", at: "dnsPolicy")
        spec.setDefault(30, at: "terminationGracePeriodSeconds")
        spec.setDefault([:], at: "securityContext")
        spec.setDefault("default-scheduler", at: "schedulerName")
        if let account = spec["serviceAccountName"]?.stringValue ?? spec["serviceAccount"]?.stringValue {
            spec["serviceAccountName"] = .string(account)
            spec["serviceAccount"] = .string(account)
        }
        for list in ["initContainers", "containers"] { changeEach(&spec, list, container) }
        changeEach(&spec, "volumes") { volume in
            for kind in ["secret", "configMap", "projected", "downwardAPI"] where volume[kind]?.objectValue != nil {
                volume.setDefault(420, at: kind, "defaultMode")
            }
            if volume.objectValue?.count == 1 { volume["emptyDir"] = [:] }
        }
    }

    private static func container(_ container: inout JSONValue) {
        container.setDefault("/dev/termination-log", at: "terminationMessagePath")
        container.setDefault("File", at: "terminationMessagePolicy")
        let image = container["image"]?.stringValue ?? ""
        let last = image.split(separator: "/").last ?? ""
        let isLatest = image.hasSuffix(":latest") || (!last.contains(":") && !image.contains("@"))
        container.setDefault(isLatest ? "Always" : "IfNotPresent", at: "imagePullPolicy")
        container.setDefault([:], at: "resources")
        changeEach(&container, "ports") { $0.setDefault("TCP", at: "protocol") }
        changeEach(&container, "env") { variable in
            if variable.at("valueFrom", "fieldRef") != nil {
                variable.setDefault("v1", at: "valueFrom", "fieldRef", "apiVersion")
            }
        }
    }

    /// A limit is also what is asked for, unless something else is. Of pods alone: templates stay as they were written.
    private static func requests(_ container: inout JSONValue) {
        for (name, limit) in container.at("resources", "limits")?.objectValue ?? [:] {
            container.setDefault(limit, at: "resources", "requests", name)
        }
    }

    private static func secret(_ object: inout JSONValue) {
        object.setDefault("Opaque", at: "type")
        guard let plain = object["stringData"]?.objectValue else { return }
        for (key, value) in plain {
            object.setValue(.string(Base64Text.encode(value.stringValue ?? "")), at: ["data", key])
        }
        object["stringData"] = nil
    }

    private static func namespace(_ object: inout JSONValue) {
        object.setValue(.string(object.name), at: ["metadata", "labels", "kubernetes.io/metadata.name"])
    }

    private static func service(_ object: inout JSONValue) {
        object.setDefault("ClusterIP", at: "spec", "type")
        object.setDefault("None", at: "spec", "sessionAffinity")
        object.setDefault("Cluster", at: "spec", "internalTrafficPolicy")
        if let address = object.at("spec", "clusterIP"), object.at("spec", "type") != "ExternalName" {
            object.setDefault([address], at: "spec", "clusterIPs")
            object.setDefault(["IPv4"], at: "spec", "ipFamilies")
            object.setDefault("SingleStack", at: "spec", "ipFamilyPolicy")
        }
        change(&object, "spec") { spec in
            changeEach(&spec, "ports") { port in
                port.setDefault("TCP", at: "protocol")
                if let number = port["port"] { port.setDefault(number, at: "targetPort") }
            }
        }
    }

    private static func limitRange(_ object: inout JSONValue) {
        change(&object, "spec") { spec in
            changeEach(&spec, "limits") { limit in
                guard limit["type"]?.stringValue == "Container" else { return }
                for (name, maximum) in limit["max"]?.objectValue ?? [:] {
                    limit.setDefault(maximum, at: "default", name)
                }
                for (name, value) in limit["default"]?.objectValue ?? [:] {
                    limit.setDefault(value, at: "defaultRequest", name)
                }
            }
        }
    }

    private static func job(_ object: inout JSONValue) {
        if object.at("spec", "completions") == nil, object.at("spec", "parallelism") == nil {
            object.setValue(1, at: ["spec", "completions"])
        }
        object.setDefault(1, at: "spec", "parallelism")
        object.setDefault(6, at: "spec", "backoffLimit")
        object.setDefault("NonIndexed", at: "spec", "completionMode")
        object.setDefault(false, at: "spec", "suspend")
        object.setDefault(false, at: "spec", "manualSelector")
        object.setDefault("TerminatingOrFailed", at: "spec", "podReplacementPolicy")
        podTemplate(&object)
    }

    private static func deployment(_ object: inout JSONValue) {
        object.setDefault(1, at: "spec", "replicas")
        object.setDefault(10, at: "spec", "revisionHistoryLimit")
        object.setDefault(600, at: "spec", "progressDeadlineSeconds")
        object.setDefault("RollingUpdate", at: "spec", "strategy", "type")
        if object.at("spec", "strategy", "type")?.stringValue == "RollingUpdate" {
            object.setDefault("25%", at: "spec", "strategy", "rollingUpdate", "maxSurge")
            object.setDefault("25%", at: "spec", "strategy", "rollingUpdate", "maxUnavailable")
        }
        podTemplate(&object)
    }

    private static func networkPolicy(_ object: inout JSONValue) {
        let types: [JSONValue] = object.at("spec", "egress") == nil ? ["Ingress"] : ["Ingress", "Egress"]
        object.setDefault(.array(types), at: "spec", "policyTypes")
        for direction in ["ingress", "egress"] {
            change(&object, "spec") { spec in
                changeEach(&spec, direction) { rule in
                    changeEach(&rule, "ports") { $0.setDefault("TCP", at: "protocol") }
                }
            }
        }
    }

    private static func binding(_ object: inout JSONValue) {
        object.setDefault("rbac.authorization.k8s.io", at: "roleRef", "apiGroup")
        changeEach(&object, "subjects") { subject in
            if subject["kind"]?.stringValue != "ServiceAccount" {
                subject.setDefault("rbac.authorization.k8s.io", at: "apiGroup")
            }
        }
    }

    private static func matchResources(_ match: inout JSONValue) {
        match.setDefault("Equivalent", at: "matchPolicy")
        match.setDefault([:], at: "namespaceSelector")
        match.setDefault([:], at: "objectSelector")
        for rules in ["resourceRules", "excludeResourceRules"] {
            changeEach(&match, rules) { $0.setDefault("*", at: "scope") }
        }
    }

    private static func definition(_ object: inout JSONValue) {
        let kind = object.at("spec", "names", "kind")?.stringValue ?? ""
        object.setDefault(.string(kind.lowercased()), at: "spec", "names", "singular")
        object.setDefault(.string(kind + "List"), at: "spec", "names", "listKind")
        object.setDefault("None", at: "spec", "conversion", "strategy")
    }
}
