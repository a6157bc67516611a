// SPDX-License-Identifier: MIT
import AgentAPI
import ControllerRuntime
import KubernetesAPI
import Testing

@testable import AgentControllers

@Suite struct RunEventsTests {
    private func run(_ phase: RunPhase, _ conditions: [Condition] = []) -> AgentRun {
        var run = AgentRun(
            metadata: ObjectMeta(name: "shop-1", namespace: "codex-k8s"),
            spec: AgentRunSpec(
                repository: "acme/shop", issue: 1,
                trigger: .init(kind: "dev", label: "run:dev", actor: "ada", correlationID: "c")))
        run.status = AgentRunStatus()
        run.status?.phase = phase
        run.status?.conditions = conditions
        return run
    }

    private func condition(_ type: RunCondition, _ reason: Reason, _ message: String) -> Condition {
        Condition(type: type.rawValue, status: .false, reason: reason.rawValue, message: message)
    }

    @Test func `every change of phase is told, once`() {
        let notes = RunEvents.notes(before: run(.preparing), after: run(.running))
        #expect(notes.map(\.reason) == ["Running"])
        #expect(notes.first?.isWarning == false)
        #expect(notes.first?.regarding.kind == "AgentRun" && notes.first?.regarding.name == "shop-1")
        #expect(RunEvents.notes(before: run(.running), after: run(.running)).isEmpty)
    }

    @Test func `an end that went wrong is a warning with its reason`() {
        let failed = run(.failed, [condition(.ready, .agentFailed, "It gave up.")])
        let note = RunEvents.notes(before: run(.running), after: failed).first
        #expect(note?.isWarning == true && note?.reason == "AgentFailed" && note?.message == "It gave up.")
    }

    @Test func `trouble that only waits is a warning when it begins`() {
        let troubled = run(.preparing, [condition(.audited, .auditUnavailable, "Postgres is away.")])
        let notes = RunEvents.notes(before: run(.preparing), after: troubled)
        #expect(notes.map(\.reason) == ["AuditUnavailable"] && notes.first?.isWarning == true)
        #expect(RunEvents.notes(before: troubled, after: troubled).isEmpty)
    }

    @Test func `a silent pod and a lost node are warnings, an end that begins is told`() {
        let silent = run(.running, [condition(.agentCompleted, .heartbeatLost, "Nothing since noon.")])
        let note = RunEvents.notes(before: run(.running), after: silent).first
        #expect(note?.isWarning == true && note?.reason == "HeartbeatLost" && note?.message == "Nothing since noon.")
        let lost = run(.running, [condition(.agentCompleted, .nodeLost, "The node is gone.")])
        #expect(RunEvents.notes(before: silent, after: lost).map(\.reason) == ["NodeLost"])
        var stopping = run(.running)
        stopping.status?.stopping = .init(reason: "Cancelled", message: "spec.cancel was set", since: at(1))
        let told = RunEvents.notes(before: run(.running), after: stopping)
        #expect(told.map(\.reason) == ["Stopping"] && told.first?.message.contains("spec.cancel was set") == true)
        #expect(RunEvents.notes(before: stopping, after: stopping).isEmpty)
    }
}
