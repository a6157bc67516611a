// SPDX-License-Identifier: MIT

/// Which push a run may make: one new state of its own branch, nothing else.
struct PushPolicy: Sendable, Equatable {
    let branch: String
    /// A run that only talks pushes nothing at all.
    var isDiscussion = false

    enum Verdict: Equatable {
        case allowed
        /// Why not, for the line that `git push` shows.
        case refused(String)
    }

    func judge(_ request: ReceivePackRequest) -> Verdict {
        guard let command = request.commands.first else { return .allowed }
        if isDiscussion { return .refused("this run is a discussion: it pushes nothing") }
        if request.commands.count > 1 {
            return .refused("a run pushes one branch at a time, not \(request.commands.count) refs")
        }
        // By their bytes: other letters that Unicode takes for the same would be another ref.
        if !command.reference.utf8.elementsEqual("refs/heads/\(branch)".utf8) {
            return .refused("this run may push refs/heads/\(branch) alone")
        }
        // What they make the other side do is beyond the branch.
        if request.capabilities.contains("push-options") { return .refused("a run pushes without options") }
        if command.isDeletion { return .refused("a run may not delete its branch") }
        return .allowed
    }
}
