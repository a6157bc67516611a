// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls

/// The files of one pod under the kubelet's state folder: volumes, logs, termination messages, homes.
struct PodFolder: Sendable {
    let path: String

    init(state: String, podUID: String) { path = "\(state)/pods/\(podUID)" }

    /// Its presence says that containers of this pod were started once.
    private var startMark: String { "\(path)/started" }

    func volume(_ name: String) -> String { "\(path)/volumes/\(name)" }
    func container(_ name: String) -> String { "\(path)/containers/\(name)" }
    func home(_ container: String) -> String { "\(self.container(container))/home" }
    func terminationMessage(_ container: String) -> String { "\(self.container(container))/termination-message" }
    func log(_ container: String, restart: Int) -> String { "\(self.container(container))/\(restart).log" }

    /// Only the user of the kubelet may look in: secrets lie below. With users of their own, containers may pass to what
    /// they were given and read no folder on the way.
    func make(containers: [ContainerSpec], access: VolumeAccess) throws(SystemError) {
        let mode: UInt32 = access.separatesUsers ? 0o711 : 0o700
        try Files.createDirectory(path, mode: mode)
        try Files.createDirectory("\(path)/volumes", mode: mode)
        for spec in containers {
            try Files.createDirectory("\(path)/containers", mode: mode)
            try Files.createDirectory(container(spec.name), mode: mode)
            try Files.createDirectory(home(spec.name), mode: 0o700)
            guard let owner = access.owner(of: spec) else { continue }
            try Files.setOwner(home(spec.name), userID: owner.userID, groupID: owner.groupID)
        }
    }

    var hasStarted: Bool { Files.exists(startMark) }

    func markStarted() throws(SystemError) { try Files.writeAtomically(startMark, [], durable: false) }

    func remove() throws(SystemError) { try Files.remove(path) }

    /// Writes a volume and answers where it is. Files are replaced one by one, each in one step; those that are no
    /// longer wanted go.
    func write(
        _ name: String, _ content: VolumeBuilder.Content, _ right: VolumeAccess.Right
    ) throws(SystemError) -> String {
        switch content {
        case .host(let path): return path
        case .scratch: try makeFolder(volume(name), mode: right.folderMode ?? 0o777, right)
        case .files(let files):
            try makeFolder(volume(name), mode: right.folderMode ?? 0o755, right)
            for file in files {
                let target = "\(volume(name))/\(file.path)"
                if (try? Files.readBytes(target)) == file.bytes { continue }
                let folder = Files.directory(of: target)
                if folder != volume(name) { try makeFolder(folder, mode: 0o755, right) }
                // A kubelet gives what it projects to the pod's group; see `VolumeAccess` for who that is here.
                let mode = right.owner == nil ? file.mode : file.mode | (file.mode & 0o400) >> 3
                try Files.writeAtomically(target, file.bytes, mode: mode, owner: right.owner, durable: false)
            }
            let wanted = Set(files.map { $0.path.split(separator: "/").first.map(String.init) ?? "" })
            for existing in try Files.list(volume(name)) where !wanted.contains(existing) {
                try Files.remove("\(volume(name))/\(existing)")
            }
        }
        return volume(name)
    }

    private func makeFolder(_ path: String, mode: UInt32, _ right: VolumeAccess.Right) throws(SystemError) {
        if Files.isDirectory(path) { return }
        try Files.createDirectory(path, mode: mode)
        guard let owner = right.owner else { return }
        try Files.setOwner(path, userID: owner.userID, groupID: owner.groupID)
        // A change of owner takes the set-group-id bit away.
        try Files.setMode(path, mode)
    }
}
