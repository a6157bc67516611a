// SPDX-License-Identifier: MIT
import StandInLanguage
import Testing

struct InstructionTests {
    @Test(arguments: [
        ("create a.txt with hello", "a.txt", "hello"),
        ("  - Create `docs/a.md` with \"two words\"", "docs/a.md", "two words"),
        ("> create a.txt with text with more", "a.txt", "text with more"),
        ("`create a.txt with hello`", "a.txt", "hello"),
        ("Title: create a.txt with x: y", "a.txt", "x: y"),
        ("### create Makefile with all:", "Makefile", "all:"),
    ])
    func isUnderstood(line: String, file: String, text: String) throws {
        let instruction = try #require(Instruction(line: line[...]))
        #expect(instruction.file == file)
        #expect(instruction.text == text)
    }

    @Test(arguments: [
        "please create a.txt with hello", "Never create files with secrets", "create a.txt", "create  with x",
        "create a b with c", "recreate a.txt with b", "create a.txt with ",
    ])
    func isSomethingElse(line: String) { #expect(Instruction(line: line[...]) == nil) }

    @Test(arguments: [
        ("a", true), ("a/b.c", true), (".github/x", true), ("-x", true), ("../a", false), ("/a", false),
        ("a/../b", false), ("a//b", false), ("a/", false), (".git/config", false), (".git", false),
    ])
    func pathsInsideTheCheckout(file: String, isInside: Bool) throws {
        let instruction = try #require(Instruction(line: "create \(file) with x"))
        #expect(instruction.isInsideCheckout == isInside)
    }
}
