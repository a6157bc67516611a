// SPDX-License-Identifier: MIT
import AgentAPI
import SystemCalls

/// What is in an agent's session folder now: plain files alone. Links are not followed, and what is neither file nor
/// folder is passed over: an agent chooses what lies there.
struct SessionFolder: Sendable, Equatable {
    /// One file.
    struct Entry: Sendable, Equatable {
        /// Relative to the folder.
        var path: String
        var size: Int
        /// With the inode, a sign that nothing changed since.
        var modified: Double
        var inode: UInt64
    }

    /// Sorted by their paths.
    var entries: [Entry] = []
    /// Entries that are not kept, by what they are; the first few.
    var passedOver: [String] = []
    /// There is more than was looked at.
    var isCut = false

    /// Bytes of all files. Files with holes may claim more than can be added up.
    var size: Int {
        entries.reduce(0) { sum, entry in
            let (size, isTooMuch) = sum.addingReportingOverflow(entry.size)
            return isTooMuch ? .max : size
        }
    }

    /// How deep folders may lie in each other; deeper ones are passed over.
    private static let deepest = 16
    /// The most names that are looked at, so that a folder made to be endless ends the look.
    static let mostNames = 20_000

    /// Looks into the folder. A missing one is empty.
    init(_ root: String) throws(SystemError) {
        var names = 0
        var waiting: [(path: String, depth: Int)] = [("", 0)]
        look: while let (folder, depth) = waiting.popLast() {
            let list: [String]
            do throws(SystemError) { list = try Files.list(folder.isEmpty ? root : "\(root)/\(folder)") } catch {
                // It went meanwhile, or was never there.
                if error.isNotFound { continue }
                throw error
            }
            for name in list {
                names += 1
                if names > Self.mostNames {
                    isCut = true
                    break look
                }
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                guard let status = try? Files.linkStatus("\(root)/\(path)") else { continue }
                switch status.kind {
                case .directory where depth < Self.deepest: waiting.append((path, depth + 1))
                case .file where SessionPath.problem(path) == nil:
                    entries.append(
                        Entry(path: path, size: status.size, modified: status.modified, inode: status.inode))
                case .file: pass("a file whose path is not plain")
                case .symbolicLink: pass("a symbolic link")
                case .directory: pass("folders deeper than \(Self.deepest)")
                case .other: pass("something that is no file")
                }
            }
        }
        entries.sort { $0.path < $1.path }
    }

    private mutating func pass(_ what: String) {
        if passedOver.count < 5, !passedOver.contains(what) { passedOver.append(what) }
    }
}
