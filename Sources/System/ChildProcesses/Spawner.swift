// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import SystemCalls

/// A child just started, with our ends of its pipes; confined to the reaper's thread.
struct SpawnedChild {
    let processID: Int32
    /// Becomes readable when the child exits (pidfd_open(2)).
    let handle: Int32
    let input: Int32?
    let output: Int32?
    let errors: Int32?
}

/// posix_spawn with everything that a clean child needs: no inherited descriptor, signal mask or ignored signal.
struct Spawner: ~Copyable {
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    /// Ends that the child uses; closed here as soon as it has its own copies.
    private var childEnds: [Int32] = []
    private var ownEnds: [Int32] = []
    private var isStarted = false

    init() {
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
    }

    deinit {
        var actions = actions
        var attributes = attributes
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        for descriptor in childEnds { close(descriptor) }
        if !isStarted { for descriptor in ownEnds { close(descriptor) } }
    }

    mutating func start(_ configuration: ChildProcess.Configuration) throws(ChildProcessError) -> SpawnedChild {
        if let folder = configuration.workingDirectory, !Files.isDirectory(folder) {
            throw .workingDirectoryNotFound(folder)
        }
        let path = configuration.environment["PATH"] ?? ExecutableSearch.defaultPath
        var executable = try ExecutableSearch.find(configuration.executable, path: path)
        var arguments = [configuration.executable] + configuration.arguments
        if configuration.closeOnParentDeath || configuration.user != nil {
            arguments = ["setpriv"] + Self.privileges(configuration) + ["--", executable] + configuration.arguments
            executable = try ExecutableSearch.find("setpriv", path: ExecutableSearch.defaultPath + ":/usr/bin")
        }
        do throws(SystemError) {
            let input = try connectInput(configuration.standardInput)
            let output = try connectOutput(configuration.output)
            let errors = try connectErrors(configuration.errors)
            if let folder = configuration.workingDirectory { clinux_spawn_add_chdir(&actions, folder) }
            // After the three streams are in place: sockets and files of ours must not live on in the child.
            clinux_spawn_add_closefrom(&actions, 3)
            setAttributes(newProcessGroup: configuration.newProcessGroup)
            let processID = try spawn(executable, arguments, environment: configuration.environment)
            let handle = clinux_pidfd_open(processID)
            if handle < 0 {
                let code = errno
                kill(processID, SIGKILL)
                throw SystemError(call: "pidfd_open", subject: executable, code: code)
            }
            isStarted = true
            return SpawnedChild(processID: processID, handle: handle, input: input, output: output, errors: errors)
        } catch {
            throw .spawnFailed(executable: configuration.executable, error)
        }
    }

    /// What `setpriv` is told (setpriv(1)).
    private static func privileges(_ configuration: ChildProcess.Configuration) -> [String] {
        var options: [String] = configuration.closeOnParentDeath ? ["--pdeathsig", "KILL"] : []
        guard let user = configuration.user else { return options }
        let groups = user.groups.map(String.init).joined(separator: ",")
        options += ["--reuid=\(user.userID)", "--regid=\(user.groupID)"]
        options += [groups.isEmpty ? "--clear-groups" : "--groups=\(groups)"]
        return options + ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    }

    private mutating func setAttributes(newProcessGroup: Bool) {
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if newProcessGroup {
            posix_spawnattr_setpgroup(&attributes, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private func spawn(
        _ executable: String, _ arguments: [String], environment: [String: String]
    ) throws(SystemError) -> Int32 {
        let argumentPointers = arguments.map { strdup($0) }
        let environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var processID: pid_t = 0
        var actions = actions
        var attributes = attributes
        let code = posix_spawn(
            &processID, executable, &actions, &attributes, argumentPointers + [nil], environmentPointers + [nil])
        if code != 0 { throw SystemError(call: "posix_spawn", subject: executable, code: code) }
        return processID
    }
}

// MARK: Streams

extension Spawner {
    private mutating func connectInput(_ input: ChildProcess.Configuration.Input) throws(SystemError) -> Int32? {
        switch input {
        case .null:
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            return nil
        case .inherit:
            return nil
        case .bytes, .pipe:
            let (reading, writing) = try pipe()
            childEnds.append(reading)
            ownEnds.append(writing)
            posix_spawn_file_actions_adddup2(&actions, reading, 0)
            return writing
        }
    }

    private mutating func connectOutput(_ output: ChildProcess.Configuration.Output) throws(SystemError) -> Int32? {
        switch output {
        case .collect, .stream: return try connectPipe(to: 1)
        case .file(let path): try connectFile(path, to: 1)
        case .discard: posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        case .inherit: break
        }
        return nil
    }

    private mutating func connectErrors(_ errors: ChildProcess.Configuration.Errors) throws(SystemError) -> Int32? {
        switch errors {
        case .collect: return try connectPipe(to: 2)
        case .output: posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .file(let path): try connectFile(path, to: 2)
        case .discard: posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .inherit: break
        }
        return nil
    }

    private mutating func connectPipe(to stream: Int32) throws(SystemError) -> Int32 {
        let (reading, writing) = try pipe()
        childEnds.append(writing)
        ownEnds.append(reading)
        posix_spawn_file_actions_adddup2(&actions, writing, stream)
        return reading
    }

    /// Opened here and not by the child, so that a bad path is told as such.
    private mutating func connectFile(_ path: String, to stream: Int32) throws(SystemError) {
        let file = clinux_open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        if file < 0 { throw SystemError(call: "open", subject: path, code: errno) }
        childEnds.append(file)
        posix_spawn_file_actions_adddup2(&actions, file, stream)
    }

    /// Both ends; ours never block, the child's do.
    private func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        if clinux_pipe(&ends) != 0 { throw SystemError(call: "pipe2", code: errno) }
        return (ends[0], ends[1])
    }
}
