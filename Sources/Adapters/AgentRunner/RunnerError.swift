// SPDX-License-Identifier: MIT

/// Why a run in the pod cannot go on: what happened, to what, why, and what to do.
package enum RunnerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A variable of the pod is missing or wrong; the Job was built by another version or by hand.
    case configuration(variable: String, problem: String)
    /// The broker did not write its address in time.
    case brokerUnavailable(file: String, waited: Duration)
    /// git failed for a reason that is not the branch.
    case git(step: String, exitCode: Int32, output: String)
    /// The agent took the checkout's repository away.
    case checkoutReplaced(folder: String)
    /// The prompt is not where it should be.
    case promptMissing(file: String, reason: String)
    /// The agent's program cannot be started.
    case agentUnavailable(command: String, reason: String)
    /// The agent asks a model and the run has none.
    case modelMissing
    /// The agent ended with an error of its own, which it may have told in its result.
    case agentFailed(exitCode: Int32, reason: String? = nil)
    /// The agent took longer than the run's limit.
    case agentTimedOut(limit: Duration)
    /// The branch changed under the run and a rebase did not help.
    case branchMoved(branch: String, reason: String)
    /// The other side refused the push for a reason of policy.
    case pushRefused(branch: String, reason: String)

    package var description: String {
        switch self {
        case .configuration(let variable, let problem):
            "\(variable) \(problem); the pod was not built by this version's controller"
        case .brokerUnavailable(let file, let waited):
            "the broker did not write \(file) within \(waited.components.seconds) s; see the log of container broker"
        case .git(let step, let exitCode, let output):
            "git \(step) failed with exit code \(exitCode): \(output)"
        case .checkoutReplaced(let folder):
            "\(folder)/.git is no folder any more: the agent removed or replaced it, and its work cannot be committed"
        case .promptMissing(let file, let reason): "the prompt \(file) cannot be read: \(reason)"
        case .agentUnavailable(let command, let reason):
            "the agent's command \(command) cannot be started: \(reason); check it in the operator's configuration"
        case .modelMissing:
            "this run has no model: set model.baseURL and model.keyFile in the operator's configuration, or give the agent a "
                + "command that asks none"
        case .agentFailed(let exitCode, let reason?): "the agent ended with exit code \(exitCode): \(reason)"
        case .agentFailed(let exitCode, nil):
            "the agent ended with exit code \(exitCode); see the log of container agent"
        case .agentTimedOut(let limit): "the agent was ended after its limit of \(limit.components.seconds) s"
        case .branchMoved(let branch, let reason):
            "branch \(branch) moved while the run worked, and rebasing did not help: \(reason); start the run again"
        case .pushRefused(let branch, let reason): "the push to \(branch) was refused: \(reason)"
        }
    }
}
