// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import Testing

@testable import AgentRunner

@Suite struct ModelPolicyTests {
    private static let marks = String(repeating: "\u{301}", count: 300)

    @Test(arguments: [
        (#"{"model":"a","input":[]}"#, nil), (#"{"model":"b"}"#, 403), (#"{"model":"A"}"#, 403), (#"{"model":null}"#, 400),
        (#"{"model":["a"]}"#, 400), (#"{"input":"a"}"#, 400), (#"{"model":"a","model":"b"}"#, 400),
        (#"{"model":"b","mod\u0065l":"a"}"#, 400), (#"["a"]"#, 400), ("", 400), ("model=a", 400),
        (#"{"input":{"model":"a"},"model":"b"}"#, 403),
        (#"{"model":"a","tools":[{"type":"function","name":"f"},{"type":"x","model":"b"}]}"#, 403),
        (#"{"model":"a","tools":[{"type":"image_generation"}]}"#, 403),
        (#"{"model":"a","tools":[{"type":"function","name":"model"}],"background":false}"#, nil),
        (#"{"model":"a","background":true}"#, 403), (#"{"model":"a","service_tier":"priority"}"#, 403),
        (#"{"model":"a","service_tier":"default"}"#, nil), (#"{"model":"a","service_tier":null}"#, nil),
        (#"{"model":"a","service_tier":["priority"]}"#, 403), (#"{"model":"a","background":"true"}"#, 403),
        (#"{"model":"a","background":1}"#, 403), (#"{"model":"a","background":null}"#, nil),
        // What the agent has read may be anything.
        (#"{"model":"a","input":"\#(marks)"}"#, nil), (#"{"input":[{"\#(marks)":1,"x":1,"x":2}],"model":"a"}"#, nil),
    ] as [(String, Int?)])
    func onlyTheRunsModelIsAsked(_ body: String, _ status: Int?) {
        for route in [ModelRoute.responses, .compact] {
            let refusal = ModelPolicy(model: "a").refusal(of: route, body: Array(body.utf8))
            #expect(refusal.map { Int($0.status.rawValue) } == status)
        }
    }

    @Test func whereNobodyChoseAModelTheAgentDoes() {
        #expect(ModelPolicy(model: nil).refusal(of: .responses, body: Array("anything".utf8)) == nil)
        #expect(ModelPolicy(model: "a").refusal(of: .models(query: ""), body: []) == nil)
    }
}
