// SPDX-License-Identifier: MIT
import Glibc
import ParserProperties

// libFuzzer brings the program's main function and calls the two functions below. The environment says which parser:
// one program for all, because linking it takes longer than anything else.

private let property: ParserProperty = {
    let name = getenv("CODEXK8S_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let property = ParserProperty(rawValue: name) else {
        fatalError("CODEXK8S_FUZZ_TARGET is \"\(name)\"; expected one of \(ParserProperty.allCases.map(\.rawValue))")
    }
    return property
}()

/// Called once, before the first input.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    MemoryMeter.install()
    // Tables that are made at first use would count as the first input's memory.
    for text in ["", "{\"a\":[1.5,\"\\u00e9\",null]}", "a: [1, 0x1f, ~, yes, !!binary aGk=]\n", "\u{3}\u{1}{}\n{}"] {
        _ = try? property.check(Array(text.utf8))
    }
    return 0
}

/// Called for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    MemoryMeter.begin()
    do {
        let measure = try property.check(input)
        let most = MemoryMeter.end()
        if most > measure.mostBytes {
            fatalError("\(most) bytes in use at one time, where \(measure) allows \(measure.mostBytes)")
        }
        if MemoryMeter.isLeaking { fatalError("\(MemoryMeter.kept) bytes of this and earlier inputs are never freed") }
    } catch {
        fatalError("\(property.rawValue): \(error)")
    }
    return 0
}
