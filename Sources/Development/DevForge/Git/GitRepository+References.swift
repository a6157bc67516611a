// SPDX-License-Identifier: MIT
import SystemCalls

/// Where a branch stands, as far as git's own files tell.
enum StoredReference: Equatable {
    /// The commit that it points at.
    case commit(String)
    /// There is no such branch.
    case missing
    /// Only git can tell: the file is of a form that is not read here.
    case unknown

    /// Reads what a loose reference and the packed ones say; the loose one comes first, as gitrepository-layout(5) has it.
    ///
    /// - Parameters:
    ///   - loose: the file of the reference; `nil` when there is none.
    ///   - packed: the file `packed-refs`; `nil` when there is none.
    init(name: String, loose: String?, packed: String?) {
        if let loose {
            let text = loose.trimmingLineEnds()
            self = Self.isObjectName(text) ? .commit(text) : .unknown
            return
        }
        for line in (packed ?? "").split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("^") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[1] == name else { continue }
            self = Self.isObjectName(String(parts[0])) ? .commit(String(parts[0])) : .unknown
            return
        }
        self = .missing
    }

    /// Whether a name is that of a branch and safe as a path: what else there may be is left to git (git-check-ref-format(1)).
    static func isPlain(_ name: String) -> Bool {
        guard name.hasPrefix("refs/heads/") else { return false }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 2 && parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
                && part.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
                }
        }
    }

    private static func isObjectName(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }
}

extension GitRepository {
    /// Where a branch stands, without starting git: the question is asked for every run, and a process costs more than
    /// everything else about the answer.
    func storedReference(_ name: String) -> StoredReference {
        guard StoredReference.isPlain(name) else { return .unknown }
        do throws(SystemError) {
            let loose = try Self.text("\(path)/\(name)")
            let packed = loose == nil ? try Self.text("\(path)/packed-refs") : nil
            return StoredReference(name: name, loose: loose, packed: packed)
        } catch {
            return .unknown
        }
    }

    /// A file's text; `nil` when there is no such file.
    private static func text(_ path: String) throws(SystemError) -> String? {
        do throws(SystemError) {
            return try Files.readText(path)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }
}
