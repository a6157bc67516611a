// SPDX-License-Identifier: MIT
import KubernetesAPI
import KubernetesClient
import ServiceRuntime

/// Does what `ReflectorMachine` decides, for one informer.
struct Reflector<Object: KubernetesObject> {
    let informer: Informer<Object>

    /// Returns when the task is cancelled.
    func run() async {
        var machine = ReflectorMachine(timing: informer.timing)
        while !Task.isCancelled {
            switch machine.next(random: .random(in: 0...1)) {
            case .wait(let duration): try? await informer.time.sleep(for: duration)
            case .list: await list(&machine)
            case .watch(let version, let timeout): await watch(from: version, timeout: timeout, &machine)
            }
        }
    }

    private func list(_ machine: inout ReflectorMachine) async {
        let options = ListOptions(labelSelector: informer.labelSelector, fieldSelector: informer.fieldSelector)
        do {
            let page = try await informer.resource.listAll(options)
            let objects = page.items.map(transformed)
            informer.report(poison: page.poison)
            let unreadable = Set(page.poison.map(\.key))
            informer.change { $0.replace(objects, keeping: unreadable, resourceVersion: page.resourceVersion) }
            machine.listed(resourceVersion: page.resourceVersion)
            informer.report(problem: nil)
        } catch {
            machine.listFailed(.init(error), random: .random(in: 0...1))
            complain("list failed", error, machine)
        }
    }

    private func watch(from version: String, timeout: Duration, _ machine: inout ReflectorMachine) async {
        let options = WatchOptions(
            labelSelector: informer.labelSelector, fieldSelector: informer.fieldSelector, resourceVersion: version,
            timeout: timeout, idleTimeout: informer.timing.idle)
        let start = informer.time.now()
        var messages = 0
        var failure: APIError?
        do {
            let stream = try await informer.resource.watch(options)
            informer.report(problem: nil)
            for try await event in stream {
                if case .error(let status) = event {
                    failure = APIError(status, request: "watch \(informer.resource.type.qualifiedName)")
                    break
                }
                messages += 1
                handle(event, &machine)
            }
        } catch {
            failure = error
        }
        machine.watchEnded(
            failure.map(ReflectorMachine.Failure.init), lasted: informer.time.now() - start, messages: messages,
            random: .random(in: 0...1))
        if let failure { complain("watch failed", failure, machine) }
    }

    private func handle(_ event: WatchEvent<Object>, _ machine: inout ReflectorMachine) {
        switch event {
        case .added(let object), .modified(let object):
            let object = transformed(object)
            informer.cure(object.key)
            informer.change { $0.apply(object) }
            machine.advanced(to: object.metadata.resourceVersion)
        case .deleted(let object):
            let object = transformed(object)
            informer.cure(object.key)
            informer.change { $0.delete(object) }
            machine.advanced(to: object.metadata.resourceVersion)
        case .bookmark(let version, _):
            informer.change { state in
                state.bookmark(version)
                return []
            }
            machine.advanced(to: version)
        case .undecodable(let object, .deleted):
            informer.cure(object.key)
            informer.change { $0.forget(object.key) }
            machine.advanced(to: object.metadata.resourceVersion)
        case .undecodable(let object, _):
            informer.report(poison: object)
            machine.advanced(to: object.metadata.resourceVersion)
        case .unknown(let type):
            informer.logger.warning("watch sent a message of an unknown type", ["type": type])
        case .error: break
        }
    }

    private func transformed(_ object: Object) -> Object {
        guard let transform = informer.transform else { return object }
        var object = object
        transform(&object)
        return object
    }

    private func complain(_ what: StaticString, _ error: APIError, _ machine: ReflectorMachine) {
        guard error.reason != .cancelled else { return }
        informer.report(problem: "\(what): \(error)")
        let metadata = ["error": "\(error)", "failures": "\(machine.consecutiveFailures)"]
        // One lost connection is everyday life; what lasts is worth a look.
        if machine.consecutiveFailures > 1 {
            informer.logger.warning(what, metadata)
        } else {
            informer.logger.debug(what, metadata)
        }
    }
}
