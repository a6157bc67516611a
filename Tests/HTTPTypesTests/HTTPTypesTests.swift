// SPDX-License-Identifier: MIT
import HTTPTypes
import Testing

@Suite struct HTTPTypesTests {
    @Test func headersFoldCaseAndKeepDuplicates() {
        var headers: HTTPHeaders = ["Content-Type": "a", "X-One": "1"]
        headers.add(name: "x-one", value: "2")
        #expect(headers["content-type"] == "a")
        #expect(headers.values(for: "X-ONE") == ["1", "2"])
        headers["x-One"] = "3"
        #expect(headers.values(for: "X-One") == ["3"])
        headers["Content-type"] = nil
        #expect(headers.count == 1)
    }

    @Test func targetsAreDecodedAfterSplitting() throws {
        let target = try #require(RequestTarget("/a%2Fb/c%20d?x=1&y=%26&flag&z=a+b"))
        #expect(target.segments == ["a/b", "c d"])
        #expect(target["y"] == "&")
        #expect(target["flag"] == "")
        #expect(target["z"] == "a b")
    }

    @Test(arguments: ["a", "/%zz", "/%f", "/%ff", "/?a=%"])
    func brokenTargetsAreRefused(text: String) {
        #expect(RequestTarget(text) == nil)
    }

    @Test func encodingIsUndoneByDecoding() {
        let text = "a/ü &=+%~"
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.encodePath("/a b") == "/a%20b")
        let items = [RequestTarget.QueryItem(name: "a&", value: "1+2=3")]
        #expect(RequestTarget("/?" + RequestTarget.queryString(items))?.query == items)
    }
}
