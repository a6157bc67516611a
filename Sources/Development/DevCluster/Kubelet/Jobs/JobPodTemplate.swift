// SPDX-License-Identifier: MIT
import JSONCoding

/// The pod that a Job makes of its template.
enum JobPodTemplate {
    static func pod(for job: JSONValue) -> JSONValue {
        let template = job.at("spec", "template") ?? .object([:])
        var pod: JSONValue = ["apiVersion": "v1", "kind": "Pod"]
        var labels = template.at("metadata", "labels")?.objectValue ?? [:]
        for (key, value) in self.labels(of: job) { labels[key] = .string(value) }
        let finalizers = (template.at("metadata", "finalizers")?.strings ?? []) + [JobPlan.trackingFinalizer]
        var metadata: JSONValue = [
            "generateName": .string("\(job.name)-"), "namespace": .string(job.namespace), "labels": .object(labels),
            "finalizers": .array(finalizers.map { .string($0) }),
            "ownerReferences": [
                [
                    "apiVersion": "batch/v1", "kind": "Job", "name": .string(job.name), "uid": .string(job.uid),
                    "controller": true, "blockOwnerDeletion": true,
                ]
            ],
        ]
        metadata["annotations"] = template.at("metadata", "annotations")
        pod["metadata"] = metadata
        pod["spec"] = template["spec"]
        return pod
    }

    /// The labels by which a Job's pods are found, with their older spellings.
    static func labels(of job: JSONValue) -> [(String, String)] {
        [
            ("batch.kubernetes.io/controller-uid", job.uid), ("batch.kubernetes.io/job-name", job.name),
            ("controller-uid", job.uid), ("job-name", job.name),
        ]
    }

    /// The uid of the Job that controls a pod.
    static func jobUID(of pod: JSONValue) -> String? { controller(of: pod)?["uid"]?.stringValue }

    /// The name of the Job that controls a pod.
    static func jobName(of pod: JSONValue) -> String? { controller(of: pod)?["name"]?.stringValue }

    private static func controller(of pod: JSONValue) -> JSONValue? {
        pod.ownerReferences.first { $0["controller"]?.boolValue == true && $0["kind"]?.stringValue == "Job" }
    }
}
