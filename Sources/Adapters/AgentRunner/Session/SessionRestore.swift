// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import SystemCalls

/// Brings a session's files back: all of them as they were saved, or none.
struct SessionRestore: Sendable {
    /// What is in its place now.
    struct Restored: Sendable {
        var manifest: SessionManifest
        /// Sizes of the chunks, by their digests.
        var pieces: [String: Int]
        /// Where the bundle of this run's unfinished work is; nil where there is none.
        var bundle: String?
        /// Why unfinished work that is kept could not be fetched.
        var workProblem: String?
    }

    let client: SessionClient
    /// The session's folder; what is in it goes.
    let folder: String
    /// Where a bundle is put.
    let bundleFile: String
    /// The run, whose unfinished work alone is of use.
    let runUID: String
    /// The most bytes of a session's files.
    let limit: Int

    /// Fetches beside the folder and then takes its place, so that a stop in between leaves nothing half restored.
    ///
    /// - Throws: `SessionProblem`, `CancellationError`.
    func restore(_ session: String, until deadline: ContinuousClock.Instant) async throws -> Restored {
        let manifest = try await client.manifest(session, until: deadline)
        if let problem = manifest.problem(limit: limit) {
            throw SessionProblem.damaged(session: session, reason: problem)
        }
        var restored = Restored(manifest: manifest, pieces: [:])
        let draft = "\(folder).restoring"
        do {
            try Files.remove(draft)
            try Files.createDirectory(draft, mode: 0o700)
            for file in manifest.files {
                try await fetch(file, of: session, to: "\(draft)/\(file.path)", &restored.pieces, until: deadline)
            }
            try Files.remove(folder)
            try Files.createDirectory(Files.directory(of: folder), mode: 0o700)
            try Files.rename(draft, to: folder)
        } catch {
            try? Files.remove(draft)
            if let error = error as? SystemError {
                throw SessionProblem.local(reason: "restoring \(session): \(error)")
            }
            throw error
        }
        if let work = manifest.work, work.runUID == runUID {
            do {
                try await fetch(work.bundle, of: session, to: bundleFile, &restored.pieces, until: deadline)
                restored.bundle = bundleFile
            } catch let error as CancellationError {
                throw error
            } catch {
                restored.workProblem = "work that was not pushed could not be fetched: \(error)"
            }
        }
        return restored
    }

    private func fetch(
        _ file: SessionManifest.File, of session: String, to path: String, _ pieces: inout [String: Int],
        until deadline: ContinuousClock.Instant
    ) async throws {
        try Files.createDirectory(Files.directory(of: path), mode: 0o700)
        try Files.remove(path)
        let output = try AppendFile(path, mode: 0o600)
        var whole = SHA256.Incremental()
        var size = 0
        for digest in file.chunks {
            let bytes = try await client.chunk(digest, of: session, until: deadline)
            pieces[digest] = bytes.count
            size += bytes.count
            whole.update(bytes)
            try output.append(bytes)
        }
        guard size == file.size, Hex.encode(whole.finish()) == file.sha256 else {
            throw SessionProblem.damaged(session: session, reason: "\(file.path) is not what was saved")
        }
    }
}
