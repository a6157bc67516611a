// SPDX-License-Identifier: MIT
import KubernetesClient

/// Lets the operator make a few objects through the recording proxy, to learn which writes one object takes.
enum Calibration {
    /// How long nothing may be asked before an object counts as done.
    private static let quiet = Duration.seconds(1.5)

    /// The writes of one object, seen after the operator had warmed up on two others.
    static func template(_ ground: Ground, _ generator: RunGenerator) async throws -> WriteTemplate {
        try await RecordingProxy.with(ground.admin) { proxy, address in
            let process = try await OperatorProcess.start(
                ground, kubeconfig: try await ground.kubeconfig(of: "codex-k8s-controller", server: address),
                name: "operator-calibration")
            do {
                try await process.waitUntilWorking(peer: ground.settings.peer != nil)
                let template = try await RunObserver.with(ground) { observer in
                    let issues = try await ground.forge.openLabelledIssues(3)
                    var last: CreatedRun?
                    for issue in issues {
                        _ = proxy.take()
                        let run = try await generator.create("bench-calibration-\(issue)", issue: issue)
                        _ = try await observer.running([run.name], every: .milliseconds(5))
                        try await waitForQuiet(proxy)
                        last = run
                    }
                    guard let last else { throw BrokenRun("nothing was calibrated") }
                    return try WriteTemplate(run: last, requests: proxy.take())
                }
                await process.stop()
                return template
            } catch {
                await process.stop()
                throw BrokenRun("calibrating: \(error); the operator: \(process.child.end)")
            }
        }
    }

    private static func waitForQuiet(_ proxy: RecordingProxy) async throws {
        var count = proxy.count
        var since = ContinuousClock.now
        while ContinuousClock.now - since < quiet {
            try await Task.sleep(for: .milliseconds(50))
            let now = proxy.count
            if now != count { (count, since) = (now, .now) }
        }
    }
}
