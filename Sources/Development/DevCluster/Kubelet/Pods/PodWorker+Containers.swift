// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import ServiceRuntime
import SystemCalls

/// One instance of a container: its files, its process, its log, its end.
extension PodWorker {
    /// Starts a container's process.
    func start(_ spec: ContainerSpec) async throws(ContainerFailure) -> RunningProcess {
        let mounts = try mount(spec)
        let environment = try environment(of: spec, mounts)
        guard let executable = (spec.command + spec.arguments).first, !spec.command.isEmpty else {
            throw .creation("the container has no command; images are not used, so their own command is unknown")
        }
        let words = (spec.command + spec.arguments).map {
            VariableExpansion.expand(mounts.local($0), environment)
        }
        let restart = records[spec.name]?.restartCount ?? 0
        do {
            let message = folder.terminationMessage(spec.name)
            try Files.overwrite(message, [], mode: 0o600)
            if let owner = access.owner(of: spec) {
                try Files.setOwner(message, userID: owner.userID, groupID: owner.groupID)
            }
            try folder.markStarted()
            let log = try ContainerLog(folder.log(spec.name, restart: restart))
            let process = try await ChildProcess.spawn(
                .init(
                    executable: words[0], arguments: Array(words.dropFirst()), environment: environment,
                    workingDirectory: workingDirectory(spec, mounts), output: .stream, errors: .output,
                    closeOnParentDeath: true, user: access.user(of: spec)))
            context.logs.add(log)
            processes[spec.name] = process
            change(spec.name) { record in
                record.state = .running(since: context.now)
                record.processID = process.processID
            }
            context.events.normal(pod, "Started", "Started container \(spec.name) as process \(process.processID)")
            passOnStop(to: process, spec)
            return process
        } catch let error as ChildProcessError {
            throw .creation("\(executable): \(error)")
        } catch {
            throw .creation("\(error)")
        }
    }

    /// A stop that came while the process was being started did not find it.
    private func passOnStop(to process: RunningProcess, _ spec: ContainerSpec) {
        if stopSignal.reason == .kubeletEnds || stopSignal.reason == .deleted(grace: .zero) {
            process.signal(.kill)
            return
        }
        switch spec.role == .sidecar ? sidecarStop.reason : stopSignal.reason {
        case .deleted(let grace): process.terminate(grace: grace)
        case .deadline: process.terminate(grace: grace)
        case .kubeletEnds: process.signal(.kill)
        case nil: break
        }
    }

    /// Takes the log until the process has ended, and records how.
    func end(of process: RunningProcess, _ spec: ContainerSpec) async -> Int32 {
        let restart = records[spec.name]?.restartCount ?? 0
        let path = folder.log(spec.name, restart: restart)
        let log = context.logs[path]
        var rest: ArraySlice<UInt8> = []
        for await chunk in process.output {
            let cut = LogLine.cut(rest + chunk, time: context.clock.now())
            log?.append(cut.lines)
            rest = cut.rest
        }
        if !rest.isEmpty {
            log?.append([LogLine(time: context.clock.now(), isWhole: false, text: rest)])
        }
        let code = await process.wait()
        processes[spec.name] = nil
        let message = TerminationMessage.read(
            file: folder.terminationMessage(spec.name),
            log: LogReader.lastLines(TerminationMessage.logLimit.lines, of: path), exitCode: code,
            fallsBackToLogs: spec.fallsBackToLogs)
        change(spec.name) { record in
            let since: Timestamp? = if case .running(let since) = record.state { since } else { nil }
            record.state = .terminated(
                .init(
                    exitCode: code, reason: code == 0 ? "Completed" : "Error", message: message, startedAt: since,
                    finishedAt: context.now))
        }
        if let log { context.logs.remove(log) }
        return code
    }

    private func environment(of spec: ContainerSpec, _ mounts: MountMap) throws(ContainerFailure) -> [String: String] {
        let home = folder.home(spec.name)
        // A pod that mounts /tmp has its own; for others it is not the machine's either.
        let scratch = mounts.local("/tmp")
        var base = [
            "HOME": home, "TMPDIR": scratch == "/tmp" ? home : scratch, "HOSTNAME": pod.name, "LANG": "C.UTF-8",
        ]
        if let server = context.configuration.apiServer {
            base["KUBERNETES_SERVICE_HOST"] = server.host
            base["KUBERNETES_SERVICE_PORT"] = "\(server.port)"
        }
        let builder = EnvironmentBuilder(
            pod: pod, nodeName: NodeRegistration.name, find: finder, mounts: mounts)
        var variables = try builder.build(spec, base: base)
        let path = variables["PATH"] ?? ExecutableSearch.defaultPath
        let programs = [context.configuration.executableDirectory] + context.configuration.programDirectories
        variables["PATH"] = (programs + [path]).joined(separator: ":")
        variables[ProcessMark.state] = context.configuration.stateDirectory
        variables[ProcessMark.podUID] = pod.uid
        return variables
    }

    /// Looks up what the pod refers to, in its own namespace.
    private var finder: (EnvironmentBuilder.Kind, String) -> JSONValue? {
        { [context, namespace] kind, name in context.find(kind, name, namespace: namespace) }
    }

    private func workingDirectory(_ spec: ContainerSpec, _ mounts: MountMap) -> String {
        guard let wanted = spec.workingDirectory.map({ mounts.local($0) }), Files.isDirectory(wanted) else {
            return folder.home(spec.name)
        }
        return wanted
    }
}

// MARK: Volumes

extension PodWorker {
    /// Writes the container's volumes and answers where its paths are.
    private func mount(_ spec: ContainerSpec) throws(ContainerFailure) -> MountMap {
        var map = MountMap()
        map.add(spec.terminationMessagePath, local: folder.terminationMessage(spec.name))
        let volumes = pod.at("spec", "volumes")?.arrayValue ?? []
        for mount in spec.mounts {
            let name = mount["name"]?.stringValue ?? ""
            guard let volume = volumes.first(where: { $0["name"]?.stringValue == name }) else {
                throw .configuration("volume \"\(name)\" is not in the pod's spec")
            }
            var local = try write(volume)
            if let part = mount["subPath"]?.stringValue, !part.isEmpty {
                guard !part.hasPrefix("/"), !part.split(separator: "/").contains("..") else {
                    throw .configuration("invalid subPath \(part)")
                }
                local += "/\(part)"
                if volume["emptyDir"] != nil { try? Files.createDirectory(local) }
            }
            map.add(mount["mountPath"]?.stringValue ?? "", local: local)
        }
        return map
    }

    private func write(_ volume: JSONValue) throws(ContainerFailure) -> String {
        let builder = VolumeBuilder(
            pod: pod, nodeName: NodeRegistration.name, find: finder,
            token: { [context, pod] (audience, lifetime) throws(ContainerFailure) in
                try context.token(pod, audience, lifetime)
            })
        let content = try builder.content(of: volume)
        let name = volume["name"]?.stringValue ?? ""
        if volume["projected"] != nil { tokensWritten = .now }
        do throws(SystemError) { return try folder.write(name, content, access.right(to: name)) } catch {
            throw .mount("volume \"\(name)\" cannot be written: \(error)")
        }
    }

    /// Writes again what shows a Secret or ConfigMap that changed; containers see the new content at once.
    func refresh(_ kind: EnvironmentBuilder.Kind, _ name: String) {
        guard !processes.isEmpty, VolumeBuilder.references(kind, of: pod).contains(name) else { return }
        writeVolumes()
    }

    /// Renews tokens when four fifths of their time are over, as kubelets do.
    func refreshTokens() {
        guard !processes.isEmpty, let lifetime = VolumeBuilder.tokenLifetime(of: pod), let tokensWritten,
            tokensWritten.duration(to: .now) > .seconds(lifetime * 4 / 5)
        else { return }
        writeVolumes()
    }

    private func writeVolumes() {
        for volume in pod.at("spec", "volumes")?.arrayValue ?? [] {
            // One that cannot be written any more keeps its last content, as on a real node.
            _ = try? write(volume)
        }
    }
}
