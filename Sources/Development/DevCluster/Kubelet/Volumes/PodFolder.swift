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

    /// Only the user of the kubelet may look in: secrets lie below.
    func make(containers: [String]) throws(SystemError) {
        try Files.createDirectory(path, mode: 0o700)
        try Files.createDirectory("\(path)/volumes", mode: 0o700)
        for name in containers { try Files.createDirectory(home(name), mode: 0o700) }
    }

    var hasStarted: Bool { Files.exists(startMark) }

    func markStarted() throws(SystemError) { try Files.writeAtomically(startMark, [], durable: false) }

    func remove() throws(SystemError) { try Files.remove(path) }

    /// Writes a volume and answers where it is. Files are replaced one by one, each in one step; those that are no
    /// longer wanted go.
    func write(_ name: String, _ content: VolumeBuilder.Content) throws(SystemError) -> String {
        switch content {
        case .host(let path): return path
        case .scratch: try Files.createDirectory(volume(name), mode: 0o777)
        case .files(let files):
            try Files.createDirectory(volume(name), mode: 0o755)
            for file in files {
                let target = "\(volume(name))/\(file.path)"
                if (try? Files.readBytes(target)) == file.bytes { continue }
                try Files.createDirectory(Files.directory(of: target))
                try Files.writeAtomically(target, file.bytes, mode: file.mode, durable: false)
            }
            let wanted = Set(files.map { $0.path.split(separator: "/").first.map(String.init) ?? "" })
            for existing in try Files.list(volume(name)) where !wanted.contains(existing) {
                try Files.remove("\(volume(name))/\(existing)")
            }
        }
        return volume(name)
    }
}
