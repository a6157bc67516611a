// SPDX-License-Identifier: MIT

extension ChildProcess {
    /// What to start, and with which surroundings. Nothing is inherited that is not named here.
    package struct Configuration: Sendable {
        /// Where the child's standard input comes from.
        package enum Input: Sendable {
            /// Nothing: end of file at once.
            case null
            /// These bytes, then end of file.
            case bytes([UInt8])
            /// Whatever ``RunningProcess/write(_:)`` is given until ``RunningProcess/closeInput()``.
            case pipe
            /// This process's own standard input.
            case inherit
        }

        /// Where a stream that the child writes goes.
        package enum Output: Sendable {
            /// Kept in memory; what goes beyond the limit (bytes) is dropped and said so in the result.
            case collect(limit: Int)
            /// Read through ``RunningProcess/output``; the child waits when 256 KiB are unread.
            case stream
            /// Added at the end of a file, by the kernel itself, even after this process is gone.
            case file(String)
            /// Thrown away.
            case discard
            /// This process's own stream.
            case inherit
        }

        /// Where standard error goes.
        package enum Errors: Sendable {
            /// Kept in memory up to the limit (bytes).
            case collect(limit: Int)
            /// Into the same place as standard output, in the order written.
            case output
            case file(String)
            case discard
            case inherit
        }

        /// Whom the child runs as; needs root.
        package struct User: Sendable, Hashable {
            package var userID: UInt32
            package var groupID: UInt32
            /// Further groups; none of this process's are kept.
            package var groups: [UInt32]

            /// Names a user by numbers: it need not be in the system's list.
            package init(userID: UInt32, groupID: UInt32, groups: [UInt32] = []) {
                self.userID = userID
                self.groupID = groupID
                self.groups = groups
            }
        }

        /// A path, or a name to look for in the `PATH` of `environment` (of this process where that has none).
        package var executable: String
        /// Arguments after the program's name.
        package var arguments: [String]
        /// The whole environment of the child.
        package var environment: [String: String]
        /// Folder to start in; this process's own where nil.
        package var workingDirectory: String?
        package var standardInput: Input
        package var output: Output
        package var errors: Errors
        /// Puts the child at the head of a process group of its own, so that signals reach what it starts as well, and
        /// what is left of the group is killed when the child ends.
        package var newProcessGroup: Bool
        /// Has the kernel kill the child when this process ends, however it ends.
        ///
        /// posix_spawn cannot ask for that (PR_SET_PDEATHSIG), so the child is started through util-linux's `setpriv`,
        /// which replaces itself by it and keeps the process id. Grandchildren are not covered.
        package var closeOnParentDeath: Bool
        /// Another user for the child, without any right of this one and without a way to more; this process's own where
        /// nil. util-linux's `setpriv` does it, for the reason above.
        package var user: User?
        /// How long output may still come after the child's end from what it left behind outside its group.
        package var outputGrace: Duration

        package init(
            executable: String, arguments: [String] = [], environment: [String: String] = [:],
            workingDirectory: String? = nil, standardInput: Input = .null, output: Output = .collect(limit: 16 << 20),
            errors: Errors = .collect(limit: 1 << 20), newProcessGroup: Bool = true, closeOnParentDeath: Bool = false,
            user: User? = nil, outputGrace: Duration = .milliseconds(250)
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.standardInput = standardInput
            self.output = output
            self.errors = errors
            self.newProcessGroup = newProcessGroup
            self.closeOnParentDeath = closeOnParentDeath
            self.user = user
            self.outputGrace = outputGrace
        }
    }
}
