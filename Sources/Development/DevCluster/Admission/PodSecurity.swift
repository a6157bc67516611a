// SPDX-License-Identifier: MIT
import JSONCoding

/// The Pod Security Standards, as far as a namespace's label asks for them (Kubernetes documentation, "Pod Security
/// Standards", the newest version of each level; `warn` and `audit` labels are not looked at).
///
/// The development cluster isolates nothing, so this protects nothing there; it is here so that a pod which a real
/// cluster would refuse is refused on the laptop already.
enum PodSecurity {
    /// What a namespace lets pods ask for.
    enum Level: String {
        case privileged
        case baseline
        case restricted
    }

    static let label = "pod-security.kubernetes.io/enforce"

    static func check(
        _ object: JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.bucket == .pods else { return }
        let namespace = transaction.object(StorageKey(bucket: .namespaces, namespace: "", name: object.namespace))
        guard let asked = namespace?.at("metadata", "labels", label)?.stringValue else { return }
        // A level that nobody knows is read as the strictest, as servers do.
        let level = Level(rawValue: asked) ?? .restricted
        let problems = violations(of: object, level: level)
        guard problems.isEmpty else {
            throw resource.forbidden(
                object.name, "violates PodSecurity \"\(level.rawValue):latest\": \(problems.joined(separator: ", "))")
        }
    }

    /// What a pod asks for beyond a level, as short sentences; empty when it is within.
    static func violations(of pod: JSONValue, level: Level) -> [String] {
        guard level != .privileged else { return [] }
        let spec = pod["spec"] ?? [:]
        let containers = ["initContainers", "containers", "ephemeralContainers"].flatMap {
            spec[$0]?.arrayValue ?? []
        }
        var problems = baseline(spec, containers)
        if level == .restricted { problems += restricted(spec, containers) }
        return problems
    }

    // MARK: Baseline

    private static func baseline(_ spec: JSONValue, _ containers: [JSONValue]) -> [String] {
        var problems: [String] = []
        for field in ["hostNetwork", "hostPID", "hostIPC"] where spec[field] == true {
            problems.append("\(field) must not be true")
        }
        for volume in spec["volumes"]?.arrayValue ?? [] where volume["hostPath"] != nil {
            problems.append("volume \(name(volume)) must not be a hostPath")
        }
        for sysctl in spec.at("securityContext", "sysctls")?.arrayValue ?? [] {
            guard let name = sysctl["name"]?.stringValue, !safeSysctls.contains(name) else { continue }
            problems.append("sysctl \(name) is not allowed")
        }
        problems += shared(spec["securityContext"], of: "the pod")
        for container in containers {
            let context = container["securityContext"]
            problems += shared(context, of: "container \(name(container))")
            if context?["privileged"] == true { problems.append("container \(name(container)) must not be privileged") }
            if let mount = context?["procMount"]?.stringValue, mount != "Default" {
                problems.append("container \(name(container)) must not set procMount \(mount)")
            }
            let added = strings(context?.at("capabilities", "add")).filter { !baselineCapabilities.contains($0) }
            if !added.isEmpty { problems.append("container \(name(container)) must not add \(added)") }
            for port in container["ports"]?.arrayValue ?? [] where (port["hostPort"]?.integerValue ?? 0) != 0 {
                problems.append("container \(name(container)) must not use a hostPort")
            }
        }
        return problems
    }

    /// What pods and containers may not say in the same words.
    private static func shared(_ context: JSONValue?, of owner: String) -> [String] {
        var problems: [String] = []
        if context?.at("windowsOptions", "hostProcess") == true {
            problems.append("\(owner) must not be a host process")
        }
        for profile in ["seccompProfile", "appArmorProfile"] where context?.at(profile, "type") == "Unconfined" {
            problems.append("\(owner) must not set \(profile) to Unconfined")
        }
        if let options = context?["seLinuxOptions"] {
            let type = options["type"]?.stringValue ?? ""
            let isPlain = (options["user"]?.stringValue ?? "").isEmpty && (options["role"]?.stringValue ?? "").isEmpty
            if !seLinuxTypes.contains(type) || !isPlain {
                problems.append("\(owner) must not set these seLinuxOptions")
            }
        }
        return problems
    }

    // MARK: Restricted

    private static func restricted(_ spec: JSONValue, _ containers: [JSONValue]) -> [String] {
        var problems: [String] = []
        for volume in spec["volumes"]?.arrayValue ?? [] {
            let kinds = volume.objectValue?.keys.filter { $0 != "name" } ?? []
            if !kinds.allSatisfy(restrictedVolumes.contains) {
                problems.append("volume \(name(volume)) is of a kind that is not allowed")
            }
        }
        let pod = spec["securityContext"]
        for container in containers {
            let context = container["securityContext"]
            let owner = "container \(name(container))"
            if context?["allowPrivilegeEscalation"] != false {
                problems.append("\(owner) must set allowPrivilegeEscalation to false")
            }
            if (context?["runAsNonRoot"] ?? pod?["runAsNonRoot"]) != true {
                problems.append("\(owner) or the pod must set runAsNonRoot to true")
            }
            if (context?["runAsUser"] ?? pod?["runAsUser"]) == 0 { problems.append("\(owner) must not run as user 0") }
            let seccomp = context?.at("seccompProfile", "type") ?? pod?.at("seccompProfile", "type")
            if seccomp != "RuntimeDefault", seccomp != "Localhost" {
                problems.append("\(owner) or the pod must set seccompProfile to RuntimeDefault or Localhost")
            }
            if !strings(context?.at("capabilities", "drop")).contains("ALL") {
                problems.append("\(owner) must drop ALL capabilities")
            }
            let added = strings(context?.at("capabilities", "add")).filter { $0 != "NET_BIND_SERVICE" }
            if !added.isEmpty { problems.append("\(owner) must not add \(added)") }
        }
        return problems
    }

    // MARK: Lists of the standards

    private static let baselineCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    private static let seLinuxTypes: Set<String> = [
        "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
    ]

    private static let safeSysctls: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ]

    private static let restrictedVolumes: Set<String> = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    ]

    private static func strings(_ list: JSONValue?) -> [String] { list?.arrayValue?.compactMap(\.stringValue) ?? [] }

    private static func name(_ object: JSONValue) -> String { "\"\(object["name"]?.stringValue ?? "")\"" }
}
