// SPDX-License-Identifier: MIT
import AgentAPI

/// Where a file is cut into chunks, so that what is known already keeps its name.
///
/// Sessions are files that grow at their end: what was cut once is cut there again, and only what is new is sent. Each
/// snapshot leaves a small piece at the end; when there are too many of them they are cut anew, in whole chunks.
enum ChunkPlan {
    /// The most pieces of a file that are smaller than a chunk.
    static let smallPieces = 32

    /// Sizes of the pieces, in their order; their sum is `size`.
    ///
    /// - Parameters:
    ///   - size: bytes of the file now.
    ///   - previous: sizes of the pieces of the last snapshot; none for a new file.
    static func sizes(_ size: Int, previous: [Int]) -> [Int] {
        let chunk = SessionManifest.chunkBytes
        var kept: [Int] = []
        var sum = 0
        // A file that became shorter is another one from where it ends.
        for piece in previous {
            guard piece > 0, piece <= chunk, sum + piece <= size else { break }
            kept.append(piece)
            sum += piece
        }
        if kept.count(where: { $0 < chunk }) > smallPieces, let first = kept.firstIndex(where: { $0 < chunk }) {
            sum -= kept[first...].reduce(0, +)
            kept.removeSubrange(first...)
        }
        while sum < size {
            let piece = min(chunk, size - sum)
            kept.append(piece)
            sum += piece
        }
        return kept
    }
}
