// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
package import ServiceRuntime

/// Turns Jobs into pods, as the controller manager of a real cluster does.
///
/// Reads the store itself, never a cache, so that a pod that was just made is always seen.
package final class JobController: Service {
    private let store: any ClusterStore
    private let logger: Logger
    private let clock: WallClock
    private let events: ObjectEvents
    private let queue = KeyQueue()

    package init(store: any ClusterStore, logger: Logger, clock: WallClock = .system) {
        self.store = store
        self.logger = logger.labelled("job-controller")
        self.clock = clock
        events = ObjectEvents(store: store, component: "job-controller")
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchJobs() }
            group.addTask { await self.watchPods() }
            group.addTask {
                await withTaskCancellationHandler {
                    while let key = await self.queue.next() { self.synchronize(key) }
                } onCancel: {
                    self.queue.close()
                }
            }
        }
    }

    private func watchJobs() async {
        for await event in store.watch(.job) where event.kind != .restarted { queue.add(key(event.object)) }
    }

    private func watchPods() async {
        for await event in store.watch(.pod) where event.kind != .restarted {
            guard let name = JobPodTemplate.jobName(of: event.object) else { continue }
            queue.add(ObjectKey(namespace: event.object.namespace, name: name))
        }
    }

    private func key(_ object: JSONValue) -> ObjectKey { ObjectKey(namespace: object.namespace, name: object.name) }

    func synchronize(_ key: ObjectKey) {
        do throws(StatusError) {
            let pods = try store.list(.pod, namespace: key.namespace).items
            let job: JSONValue
            do throws(StatusError) { job = try store.get(.job, namespace: key.namespace, name: key.name) } catch {
                guard error.isNotFound else { throw error }
                try release(pods.filter { JobPodTemplate.jobName(of: $0) == key.name }.map(\.name), in: key)
                return
            }
            let own = pods.filter { JobPodTemplate.jobUID(of: $0) == job.uid }
            try act(JobPlan(job: job, pods: own, now: clock.now()), job, key)
            // Pods of an earlier Job of that name would keep our finalizer for ever.
            let strangers = pods.filter {
                JobPodTemplate.jobName(of: $0) == key.name && JobPodTemplate.jobUID(of: $0) != job.uid
            }
            try release(strangers.map(\.name), in: key)
        } catch {
            logger.warning("job could not be synchronized", ["job": "\(key)", "error": "\(error)"])
            queue.add(key, after: .seconds(1))
        }
    }

    private func act(_ plan: JobPlan, _ job: JSONValue, _ key: ObjectKey) throws(StatusError) {
        if let status = plan.status {
            _ = try store.modify(.job, namespace: key.namespace, name: key.name, subresource: "status") {
                (current) throws(StatusError) in
                if current.uid == job.uid { current["status"] = status }
            }
        }
        // Only after the status is written: it holds the uids of what is let go here.
        try release(plan.podsToRelease, in: key)
        for name in plan.podsToDelete {
            do throws(StatusError) {
                try store.delete(.pod, namespace: key.namespace, name: name)
                events.normal(job, "SuccessfulDelete", "Deleted pod: \(name)")
            } catch { if !error.isNotFound { throw error } }
        }
        for _ in 0..<plan.podsToCreate { try create(job) }
        if let event = plan.event {
            if event.isWarning {
                events.warning(job, event.reason, event.message)
            } else {
                events.normal(job, event.reason, event.message)
            }
        }
        if plan.deletesJob {
            let options = ClusterDeleteOptions(propagation: .foreground, uid: job.uid)
            try store.delete(.job, namespace: key.namespace, name: key.name, options: options)
        }
        if let wakeAt = plan.wakeAt {
            queue.add(key, after: max(.milliseconds(10), wakeAt.since(clock.now())))
        }
    }

    private func create(_ job: JSONValue) throws(StatusError) {
        do throws(StatusError) {
            let pod = try store.create(JobPodTemplate.pod(for: job), type: .pod, namespace: job.namespace)
            events.normal(job, "SuccessfulCreate", "Created pod: \(pod.name)")
        } catch {
            events.warning(job, "FailedCreate", "Error creating: \(error.message)")
            throw error
        }
    }

    /// Takes our finalizer off pods.
    private func release(_ names: [String], in key: ObjectKey) throws(StatusError) {
        for name in names {
            do throws(StatusError) {
                _ = try store.modify(.pod, namespace: key.namespace, name: name, subresource: nil) {
                    (pod) throws(StatusError) in
                    guard pod.finalizers.contains(JobPlan.trackingFinalizer) else { return }
                    let rest = pod.finalizers.filter { $0 != JobPlan.trackingFinalizer }
                    pod.setMeta("finalizers", rest.isEmpty ? nil : .array(rest.map { .string($0) }))
                }
            } catch { if !error.isNotFound { throw error } }
        }
    }
}
