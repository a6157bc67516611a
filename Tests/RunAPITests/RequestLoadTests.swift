// SPDX-License-Identifier: MIT
@testable import RunAPI
import Testing

@Suite struct RequestLoadTests {
    @Test func noRunKeepsTheOthersOut() {
        let load = RequestLoad(most: 3, mostOfARun: 2)
        #expect(load.enter("a") && load.enter("a") && !load.enter("a"))
        #expect(load.enter("b"))
        load.leave("a")
        #expect(load.enter("a") && !load.enter("a"))
        for run in ["a", "a", "b"] { load.leave(run) }
        #expect(load.enter("a") && load.enter("a") && !load.enter("a"))
    }

    @Test func thereIsABoundForAll() {
        let load = RequestLoad(most: 3, mostOfARun: 2)
        #expect(load.enter() && load.enter() && load.enter() && !load.enter() && !load.enter())
        load.leave()
        #expect(load.enter() && !load.enter())
    }
}
