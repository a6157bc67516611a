// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime

/// Does what `ReflectorMachine` decides, for one part of one informer's collection.
struct Reflector<Object: KubernetesObject> {
    let informer: Informer<Object>
    let part: Int

    private var scope: CacheScope { informer.scopes[part] }
    private var resource: ResourceClient<Object> { informer.resource.inNamespace(scope.namespace) }

    /// A stream or a watch that has ended, or how far it is.
    private struct Reading: Sendable {
        var machine: ReflectorMachine
        var list = PendingList<Object>()
        var messages = 0
        /// Why it ended; nil when the server ended it in order.
        var error: APIError?
    }

    /// Returns when the task is cancelled.
    func run() async {
        var machine = ReflectorMachine(timing: informer.timing)
        var list = PendingList<Object>()
        let pool = JSONStringPool()
        var listSince: Duration?
        while !Task.isCancelled {
            let step = machine.next(now: informer.time.now(), random: .random(in: 0...1))
            switch step {
            case .wait(let duration): try? await informer.time.sleep(for: duration)
            case .list(let limit, let token):
                if token == nil { list = PendingList() }
                begin(&listSince, isNew: token == nil)
                await page(limit: limit, token: token, &list, pool, &machine)
            case .stream(let timeout, let deadline):
                begin(&listSince, isNew: true)
                await stream(timeout: timeout, deadline: deadline, &machine)
            case .watch(let version, let timeout):
                await watch(from: version, timeout: timeout, &machine)
            }
            informer.report(fallback: machine.fallback?.description, part: part)
            if machine.resourceVersion != nil, let since = listSince {
                informer.metrics.listDuration.observe(informer.time.now() - since)
                listSince = nil
            }
        }
    }

    private func begin(_ since: inout Duration?, isNew: Bool) {
        if isNew { informer.metrics.lists.increment() }
        if since == nil { since = informer.time.now() }
    }

    // MARK: Lists

    private func page(
        limit: Int?, token: String?, _ list: inout PendingList<Object>, _ pool: JSONStringPool,
        _ machine: inout ReflectorMachine
    ) async {
        let options = ListOptions(
            labelSelector: scope.labelSelector, fieldSelector: scope.fieldSelector, limit: limit, continueToken: token)
        do {
            let page = try await resource.list(options, pool: pool)
            for object in page.items { list.put(cached(object)) }
            for object in page.poison { list.put(poison: object) }
            informer.heard()
            machine.listed(resourceVersion: page.resourceVersion, continueToken: page.continueToken)
            if page.continueToken == nil {
                complete(list, machine)
                list = PendingList()
            }
        } catch {
            machine.listFailed(error.isLate ? .tooSlow : .init(error), random: .random(in: 0...1))
            complain("list failed", error, machine)
        }
    }

    private func complete(_ list: PendingList<Object>, _ machine: ReflectorMachine) {
        if let (from, to) = machine.wentBack {
            informer.logger.warning(
                "the server went back in time, as after a restored backup; the cache follows it",
                ["scope": "\(scope)", "from": "\(from)", "to": "\(to)"])
        }
        informer.replace(part: part, list, resourceVersion: machine.resourceVersion ?? "")
    }

    /// The object behind a reference: the one that the store holds, if that is the same state.
    private func cached(_ object: Object) -> CachedObject<Object> {
        var object = object
        informer.transform?(&object)
        let fresh = CachedObject(object)
        guard let known = informer.store.cached(fresh.key), known.isSameVersion(as: fresh) else { return fresh }
        return known
    }

    // MARK: Streams and watches

    /// Opens a watch that sends the existing objects first. It is ended when those do not come within the deadline.
    private func stream(timeout: Duration, deadline: Duration, _ machine: inout ReflectorMachine) async {
        let start = informer.time.now()
        let isComplete = Flag()
        // The time for the objects runs from the answer: a server that does not answer is another matter.
        let accepted = Gate()
        let (reading, isTooSlow) = await withTaskGroup(of: Reading?.self) { [machine] group in
            group.addTask { await read(from: nil, timeout: timeout, machine, isComplete, accepted) }
            group.addTask {
                guard (try? await accepted.wait()) != nil else { return nil }
                try? await informer.time.sleep(for: deadline)
                return nil
            }
            var isTooSlow = false
            while let result = await group.next() {
                if let reading = result {
                    group.cancelAll()
                    return (reading, isTooSlow)
                }
                if !isComplete.isSet, !Task.isCancelled {
                    isTooSlow = true
                    group.cancelAll()
                }
            }
            return (Reading(machine: machine), isTooSlow)
        }
        machine = reading.machine
        // It may have been completed at the last moment.
        ended(reading, isTooSlow && !isComplete.isSet ? .tooSlow : nil, since: start, &machine)
    }

    private func watch(from version: String, timeout: Duration, _ machine: inout ReflectorMachine) async {
        let start = informer.time.now()
        let isComplete = Flag()
        isComplete.set()
        let reading = await read(from: version, timeout: timeout, machine, isComplete, Gate())
        machine = reading.machine
        ended(reading, nil, since: start, &machine)
    }

    private func ended(
        _ reading: Reading, _ known: ReflectorMachine.Failure?, since start: Duration, _ machine: inout ReflectorMachine
    ) {
        let failure = known ?? reading.error.map(ReflectorMachine.Failure.init)
        let wasComplete = machine.resourceVersion != nil
        let lasted = informer.time.now() - start
        machine.ended(failure, lasted: lasted, messages: reading.messages, random: .random(in: 0...1))
        if failure == nil, reading.messages == 0, lasted < informer.timing.shortWatch {
            informer.metrics.shortWatches.increment()
        }
        if known == .tooSlow {
            complain("list failed", .init(reason: .timeout, message: "the stream was not complete in time"), machine)
        } else if let error = reading.error {
            complain(wasComplete ? "watch failed" : "list failed", error, machine)
        } else if !wasComplete {
            let message = "the stream ended without the mark that the list was complete"
            complain("list failed", .init(reason: .other("Unmarked"), message: message), machine)
        }
    }

    /// Reads a stream (without a version) or a watch to its end.
    private func read(
        from version: String?, timeout: Duration, _ machine: ReflectorMachine, _ isComplete: Flag, _ accepted: Gate
    ) async -> Reading {
        var reading = Reading(machine: machine)
        let options = WatchOptions(
            labelSelector: scope.labelSelector, fieldSelector: scope.fieldSelector, resourceVersion: version,
            timeout: timeout, idleTimeout: informer.timing.idle, sendsInitialEvents: version == nil)
        do {
            let events = try await resource.watch(options)
            accepted.open()
            informer.metrics.watches.increment()
            if version != nil { informer.report(problem: nil, part: part) }
            for try await event in events {
                informer.heard()
                if case .error(let status) = event {
                    reading.error = APIError(status, request: "watch \(informer.type.qualifiedName)")
                    break
                }
                reading.messages += 1
                if isComplete.isSet {
                    follow(event, &reading.machine)
                } else if collect(event, &reading) {
                    isComplete.set()
                }
            }
        } catch {
            reading.error = error
        }
        return reading
    }

    /// Takes a message of a list that is not complete yet; true when it was the last one.
    private func collect(_ event: WatchEvent<Object>, _ reading: inout Reading) -> Bool {
        switch event {
        case .added(let object), .modified(let object): reading.list.put(cached(object))
        case .deleted(let object): reading.list.remove(object.key)
        case .undecodable(let object, .deleted): reading.list.remove(object.key)
        case .undecodable(let object, _): reading.list.put(poison: object)
        case .bookmark(let version, initialEventsEnd: true):
            reading.machine.streamCompleted(resourceVersion: version)
            complete(reading.list, reading.machine)
            reading.list = PendingList()
            return true
        case .bookmark(_, initialEventsEnd: false), .error: break
        case .unknown(let type): complain(aboutUnknown: type)
        }
        return false
    }

    /// Takes a message of a watch.
    private func follow(_ event: WatchEvent<Object>, _ machine: inout ReflectorMachine) {
        switch event {
        case .added(let object), .modified(let object):
            let object = cached(object)
            informer.cure(object.key)
            informer.change(part: part) { $0.apply(object, part: part) }
            machine.advanced(to: object.object.metadata.resourceVersion)
        case .deleted(let object):
            let object = cached(object)
            informer.cure(object.key)
            informer.change(part: part) { $0.delete(object, part: part) }
            machine.advanced(to: object.object.metadata.resourceVersion)
        case .bookmark(let version, _):
            informer.change(part: part) { state in
                state.advance(to: version, part: part)
                return []
            }
            machine.advanced(to: version)
        case .undecodable(let object, let kind):
            let version = object.metadata.resourceVersion
            if kind == .deleted { informer.cure(object.key) } else { informer.report(poison: object, part: part) }
            informer.change(part: part) { state in
                state.advance(to: version, part: part)
                return kind == .deleted ? state.forget(object.key) : []
            }
            machine.advanced(to: version)
        case .unknown(let type): complain(aboutUnknown: type)
        case .error: break
        }
    }

    // MARK: Complaints

    private func complain(aboutUnknown type: String) {
        informer.logger.warning("watch sent a message of an unknown type", ["type": type])
    }

    private func complain(_ what: StaticString, _ error: APIError, _ machine: ReflectorMachine) {
        guard error.reason != .cancelled else { return }
        informer.report(problem: "\(what): \(error)", part: part)
        let metadata = ["error": "\(error)", "failures": "\(machine.consecutiveFailures)", "scope": "\(scope)"]
        // One lost connection is everyday life; what lasts is worth a look.
        if machine.consecutiveFailures > 1 {
            informer.logger.warning(what, metadata)
        } else {
            informer.logger.debug(what, metadata)
        }
    }
}
