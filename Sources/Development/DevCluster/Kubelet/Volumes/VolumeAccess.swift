// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import SystemCalls

/// Which users a pod's containers run as, and whose the files are that they are given: pure.
///
/// A container sees only what is mounted into it; processes on one machine see one file system. So what a single
/// container mounts belongs to that container's user alone, and only what several mount belongs to the pod's group
/// (`securityContext.fsGroup`).
struct VolumeAccess: Sendable {
    /// Whose a volume is.
    struct Right: Sendable, Equatable {
        /// `nil` leaves files to the kubelet's own user.
        var owner: FileOwner?
        /// Permission bits of the volume's folder; `nil` where users are not told apart.
        var folderMode: UInt32?

        static let shared = Right(owner: nil, folderMode: nil)
    }

    let separatesUsers: Bool
    private let specs: [ContainerSpec]
    private let podGroup: UInt32?
    private let furtherGroups: [UInt32]

    init(pod: JSONValue, specs: [ContainerSpec], separatesUsers: Bool) {
        // A pod that names no user is one of the machine's own, as before.
        self.separatesUsers = separatesUsers && specs.contains { $0.user != nil }
        self.specs = specs
        let context = pod.at("spec", "securityContext")
        podGroup = context?["fsGroup"]?.integerValue.map { UInt32(truncatingIfNeeded: $0) }
        furtherGroups = (context?["supplementalGroups"]?.arrayValue ?? []).compactMap {
            $0.integerValue.map { UInt32(truncatingIfNeeded: $0) }
        }
    }

    /// Whom a container's process runs as; `nil` for the kubelet's own user.
    func user(of spec: ContainerSpec) -> ChildProcess.Configuration.User? {
        guard separatesUsers, let user = spec.user else { return nil }
        // Without a group a container's processes have group 0 (core/v1 SecurityContext, `runAsGroup`).
        return .init(
            userID: UInt32(truncatingIfNeeded: user), groupID: UInt32(truncatingIfNeeded: spec.group ?? 0),
            groups: (podGroup.map { [$0] } ?? []) + furtherGroups)
    }

    /// Whose a container's own files are.
    func owner(of spec: ContainerSpec) -> FileOwner? {
        user(of: spec).map { FileOwner(userID: $0.userID, groupID: $0.groupID) }
    }

    /// Whose a volume is.
    func right(to volume: String) -> Right {
        let mounting = specs.filter { spec in spec.mounts.contains { $0["name"]?.stringValue == volume } }
        let users = Set(mounting.compactMap { user(of: $0) })
        guard let first = users.first else { return .shared }
        if users.count == 1, mounting.allSatisfy({ user(of: $0) != nil }) {
            return Right(owner: FileOwner(userID: first.userID, groupID: first.groupID), folderMode: 0o700)
        }
        // The one that writes owns it; the others come in by the pod's group.
        let writing = mounting.first { spec in
            spec.mounts.contains { $0["name"]?.stringValue == volume && $0["readOnly"]?.boolValue != true }
        }
        let owner = writing.flatMap { user(of: $0) } ?? first
        return Right(
            owner: FileOwner(userID: owner.userID, groupID: podGroup ?? owner.groupID), folderMode: 0o2770)
    }
}
