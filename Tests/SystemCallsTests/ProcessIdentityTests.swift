// SPDX-License-Identifier: MIT
import SystemCalls
import Testing

@Suite struct ProcessIdentityTests {
    // That it succeeds is shown by every test that starts `codex-k8s dev`: this process would be gone.
    @Test func aProgramThatIsNotThereLeavesThisOneAlone() throws {
        let error = #expect(throws: SystemError.self) {
            try ProcessIdentity.become("/nonexistent/program", arguments: ["a", ""])
        }
        #expect(error?.isNotFound == true)
        #expect(error?.description.hasPrefix("execv /nonexistent/program: ") == true)
    }
}
