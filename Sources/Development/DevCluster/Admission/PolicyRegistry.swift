// SPDX-License-Identifier: MIT
import JSONCoding
import StructuralSchema
import Synchronization

/// The validating admission policies in the store, compiled, in step with it.
final class PolicyRegistry: Sendable {
    private static let group = "admissionregistration.k8s.io"
    private static let policies = StorageBucket(group: group, plural: "validatingadmissionpolicies")
    private static let bindings = StorageBucket(group: group, plural: "validatingadmissionpolicybindings")

    private struct State {
        var policies: [String: AdmissionPolicy] = [:]
        var bindings: [String: AdmissionPolicyBinding] = [:]
        var problems: [String: String] = [:]
        var inForce = AdmissionPolicies(policies: [], bindings: [])

        mutating func assemble() {
            inForce = AdmissionPolicies(policies: Array(policies.values), bindings: Array(bindings.values))
        }
    }

    private let state = Mutex(State())

    /// Policies and bindings that are stored but cannot be evaluated, with the reason.
    var problems: [String: String] { state.withLock { $0.problems } }

    /// Takes in what is stored.
    func load(from store: ObjectStore) {
        let objects = [Self.policies, Self.bindings].map { ($0, store.objects($0).items) }
        state.withLock { state in
            for (bucket, items) in objects {
                for item in items { Self.set(item, name: item.name, bucket, &state) }
            }
            state.assemble()
        }
    }

    /// Follows the store.
    func observe(_ events: [StoreEvent]) {
        let relevant = events.filter { event in
            guard event.key.bucket == Self.policies || event.key.bucket == Self.bindings else { return false }
            // A status changes nothing.
            return event.object == nil || event.object?["spec"] != event.previous?["spec"]
        }
        guard !relevant.isEmpty else { return }
        state.withLock { state in
            for event in relevant { Self.set(event.object, name: event.key.name, event.key.bucket, &state) }
            state.assemble()
        }
    }

    private static func set(_ object: JSONValue?, name: String, _ bucket: StorageBucket, _ state: inout State) {
        state.problems[name] = nil
        do throws(SchemaError) {
            if bucket == policies {
                state.policies[name] = nil
                state.policies[name] = try object.map { (json) throws(SchemaError) in try AdmissionPolicy(json) }
            } else {
                state.bindings[name] = nil
                state.bindings[name] = try object.map { (json) throws(SchemaError) in try AdmissionPolicyBinding(json) }
            }
        } catch {
            state.problems[name] = error.description
        }
    }

    /// Refuses a policy that cannot be evaluated, so that none is ever skipped in silence.
    func check(definition object: JSONValue, resource: ServedResource) throws(StatusError) {
        guard resource.group == Self.group else { return }
        do throws(SchemaError) {
            if resource.bucket == Self.policies { _ = try AdmissionPolicy(object) }
            if resource.bucket == Self.bindings { _ = try AdmissionPolicyBinding(object) }
        } catch {
            throw resource.invalid(object.name, error.problems.map(StatusError.Cause.init))
        }
    }

    /// Refuses what a policy denies.
    func evaluate(_ attributes: AdmissionAttributes, namespace: JSONValue?) throws(StatusError) {
        let policies = state.withLock { $0.inForce }
        let resource = attributes.resource
        let user = attributes.user
        let request = AdmissionRequest(
            operation: Self.operation(attributes.operation), group: resource.group, version: resource.version,
            kind: resource.kind, resource: resource.plural, subresource: attributes.subresource,
            namespace: attributes.namespace, name: attributes.name,
            userInfo: .init(username: user.username, uid: user.uid, groups: user.groups, extra: user.extra),
            isDryRun: attributes.dryRun, object: attributes.object, oldObject: attributes.oldObject)
        guard case .denied(let message, let reason, let code) = policies.decide(request, namespaceObject: namespace)
        else {
            return
        }
        throw StatusError(
            code: code, reason: reason, message: message, name: attributes.name, group: resource.group,
            kind: resource.plural, causes: [.init(reason: "", message: Self.sentence(of: message))])
    }

    /// What the policy said, without the object in front of it.
    private static func sentence(of message: String) -> String {
        let mark = " is forbidden: "
        var rest = Substring(message)
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return String(rest.dropFirst(mark.count)) }
            rest.removeFirst()
        }
        return message
    }

    private static func operation(_ operation: AdmissionAttributes.Operation) -> AdmissionRequest.Operation {
        switch operation {
        case .create: .create
        case .update: .update
        case .delete: .delete
        }
    }
}
