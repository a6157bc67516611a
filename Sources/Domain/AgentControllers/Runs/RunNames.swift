// SPDX-License-Identifier: MIT
import AgentAPI
import KubernetesAPI

/// The names of what the current pod of a run is made of: one Job an attempt, and another each time the attempt went on
/// after a long wait.
extension AgentRun {
    /// The attempt that is made or goes on, from 1.
    var currentAttemptNumber: Int { status?.attempt ?? 1 }

    /// How often the current attempt went on in a new Job.
    var resumption: Int { status?.currentAttempt?.resumptions ?? 0 }

    /// The Job.
    var jobName: String {
        Names.job(runUID: metadata.uid, attempt: currentAttemptNumber, resumption: resumption)
    }

    /// The Secret that its broker reads.
    var credentialsName: String {
        Names.credentials(runUID: metadata.uid, attempt: currentAttemptNumber, resumption: resumption)
    }

    /// The ConfigMap with its task.
    var taskName: String { Names.task(runUID: metadata.uid, attempt: currentAttemptNumber, resumption: resumption) }

    /// Tells facts of several Jobs of one attempt apart; empty for the first one.
    var jobKey: String { resumption > 0 ? "resumption-\(resumption)" : "" }
}
