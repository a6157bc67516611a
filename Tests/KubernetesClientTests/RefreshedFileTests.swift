// SPDX-License-Identifier: MIT
import ServiceRuntime
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct RefreshedFileTests {
    private final class Disk: Sendable {
        let content = Mutex<[UInt8]?>(nil)
        let reads = Mutex(0)
        let time = Mutex(ContinuousClock.now)

        func set(_ text: String?) { content.withLock { $0 = text.map { Array($0.utf8) } } }
        func pass(_ duration: Duration) { time.withLock { $0 += duration } }

        func file(accepts: @escaping @Sendable (String) -> Bool = { !$0.isEmpty }) -> RefreshedFile {
            RefreshedFile(
                "/x", now: { self.time.withLock { $0 } },
                read: { _ in
                    self.reads.withLock { $0 += 1 }
                    struct Missing: Error {}
                    guard let bytes = self.content.withLock({ $0 }) else { throw Missing() }
                    return bytes
                }, accepts: accepts)
        }
    }

    @Test func `it is read again after a minute`() async {
        let disk = Disk()
        disk.set("one\n")
        let file = disk.file()
        #expect(await file.content()?.reveal() == "one")
        disk.set("two")
        disk.pass(.seconds(59))
        #expect(await file.content()?.reveal() == "one")
        disk.pass(.seconds(2))
        #expect(await file.content()?.reveal() == "two")
        #expect(disk.reads.withLock { $0 } == 2)
    }

    @Test(arguments: [nil, "", "  \n"] as [String?])
    func `missing or empty keeps what was there`(next: String?) async {
        let disk = Disk()
        disk.set("one")
        let file = disk.file()
        _ = await file.content()
        disk.set(next)
        disk.pass(.seconds(90))
        #expect(await file.content()?.reveal() == "one")
        #expect(await file.reload()?.reveal() == "one")
    }

    @Test func `what is not acceptable keeps what was there`() async {
        let disk = Disk()
        disk.set("good 1")
        let file = disk.file(accepts: { $0.hasPrefix("good") })
        #expect(await file.content()?.reveal() == "good 1")
        disk.set("half a certificate")
        #expect(await file.reload()?.reveal() == "good 1")
        disk.set("good 2")
        #expect(await file.reload()?.reveal() == "good 2")
    }

    @Test func `never readable is nil, and looked at each time`() async {
        let disk = Disk()
        let file = disk.file()
        #expect(await file.content() == nil)
        disk.set("late")
        #expect(await file.content()?.reveal() == "late")
    }
}
