// SPDX-License-Identifier: MIT
import CCurl
import Glibc
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite struct RulesTests {
    typealias Code = HTTPClientError.Code

    @Test(arguments: [
        ("http://host/path", "http://host/path"), ("https://u:p@host:1/a?b#c", "https://host:1/a"),
        ("https://host/a@b", "https://host/a@b"), ("https://u@x@host/", "https://host/"), ("nonsense", "nonsense"),
        ("", ""),
    ])
    func shownURLsHaveNoCredentials(url: String, shown: String) {
        #expect(HTTPClientError.displayed(url) == shown)
    }

    @Test(arguments: [
        (Duration.zero, 1), (.nanoseconds(1), 1), (.milliseconds(1500), 1500), (.seconds(3600), 3_600_000),
        (.seconds(-5), 1), (.seconds(Int64.max), Int(Int32.max)), (.seconds(10_000_000), Int(Int32.max)),
    ])
    func durationsBecomeMilliseconds(duration: Duration, milliseconds: Int) {
        #expect(duration.milliseconds == milliseconds)
    }

    @Test func aRenamedURLStillReachesTheOldHost() {
        let plain = RenamedURL("https://10.0.0.1:6443/api?x=1", host: "kubernetes.default")
        #expect(plain?.url == "https://kubernetes.default:6443/api?x=1")
        #expect(plain?.originalAuthority == "10.0.0.1:6443")
        #expect(plain?.connectTo == "kubernetes.default:6443:10.0.0.1:6443")
        let short = RenamedURL("https://[::1]/", host: "a.b")
        #expect(short?.originalAuthority == "[::1]")
        #expect(short?.connectTo == "a.b:443:[::1]:443")
        #expect(RenamedURL("nonsense:", host: "a") == nil)
        #expect(RenamedURL("https://a/", host: "b c") == nil)
    }

    @Test(arguments: [
        (CURLE_COULDNT_CONNECT, false, HTTPClientError.Code.connectionFailed),
        (CURLE_OPERATION_TIMEDOUT, false, .connectionFailed),
        (CURLE_OPERATION_TIMEDOUT, true, .timeout), (CURLE_PEER_FAILED_VERIFICATION, false, .tls),
        (CURLE_HTTP2_STREAM, true, .connectionLost), (CURLE_COULDNT_RESOLVE_HOST, false, .resolve),
        (CURLE_UNSUPPORTED_PROTOCOL, false, .invalidRequest), (CURLE_OUT_OF_MEMORY, true, .connectionLost),
    ])
    func codesOfTheLibraryBecomeOurs(code: CURLcode, connected: Bool, expected: HTTPClientError.Code) {
        #expect(HTTPClientError(code, url: "u", detail: "d", connected: connected)?.code == expected)
    }

    @Test(arguments: [
        // Reset or closed in the handshake: a server that restarts.
        (
            CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: Connection reset by peer in connection to h:1",
            false, Code.connectionFailed
        ),
        (
            CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to h:1", false,
            .connectionFailed
        ),
        (
            CURLE_SSL_CONNECT_ERROR, "error:0A000126:SSL routines::unexpected eof while reading", false,
            .connectionFailed
        ),
        (
            CURLE_SSL_CONNECT_ERROR, "error:0A000410:SSL routines::sslv3 alert handshake failure", false,
            .tls
        ),
        // TLS 1.3 tells a client about its certificate when the request is already on its way.
        (
            CURLE_RECV_ERROR,
            "OpenSSL SSL_read: error:0A000412:SSL routines::sslv3 alert bad certificate", true, .tls
        ),
        (CURLE_RECV_ERROR, "OpenSSL SSL_read: Connection reset by peer", true, .connectionLost),
        // Nothing had left.
        (CURLE_SEND_ERROR, "Send failure: Broken pipe", false, .connectionFailed),
        (CURLE_RECV_ERROR, "CONNECT tunnel failed, response 407", false, .connectionFailed),
    ])
    func theLibrarysWordsTellTrustFromInterruption(
        code: CURLcode, detail: String, connected: Bool, expected: Code
    ) {
        #expect(HTTPClientError(code, url: "u", detail: detail, connected: connected)?.code == expected)
    }

    @Test func successIsNoError() {
        #expect(HTTPClientError(CURLE_OK, url: "u", detail: "", connected: true) == nil)
    }

    @Test func everyCodeSaysWhatToDo() {
        for code in HTTPClientError.Code.allCases {
            let error = HTTPClientError(code, url: "u", detail: "d")
            #expect(!error.summary.isEmpty)
            // What never left may be repeated by anybody.
            if code == .connectionFailed || code == .resolve {
                #expect(error.isRetryable && !error.mayHaveBeenProcessed)
            }
        }
    }

    @Test func deadlinesAreLookedAtOnTheEarliestDate() {
        let start = ContinuousClock.now
        var schedule = DeadlineSchedule()
        #expect(schedule.pollTimeout(now: start) == 3_600_000)
        schedule.expect(checkAt: start + .seconds(2))
        schedule.expect(checkAt: start + .seconds(1))
        schedule.expect(checkAt: start + .seconds(3))
        #expect(schedule.pollTimeout(now: start) == 1001)
        let tooEarly = schedule.takeDue(now: start)
        #expect(!tooEarly)
        #expect(schedule.pollTimeout(now: start + .seconds(5)) == 0)
        let inTime = schedule.takeDue(now: start + .seconds(1))
        let again = schedule.takeDue(now: start + .seconds(9))
        #expect(inTime && !again)
    }

    /// Without the guard this ends the test run with SIGPIPE.
    @Test func writingToNobodyIsAnErrorOfTheCall() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        var code: Int32 = 0
        withoutPipeSignals {
            code = write(ends[1], "x", 1) < 0 ? errno : 0
        }
        #expect(code == EPIPE)
        close(ends[1])
    }

    private func take(_ text: String, _ parser: inout ResponseHeadParser) -> ResponseHeadParser.Outcome {
        var text = text
        return text.withUTF8 { parser.take(UnsafeRawBufferPointer($0)) }
    }

    @Test func headLinesBecomeAHead() {
        var parser = ResponseHeadParser()
        var heads: [ResponseHead] = []
        for line in [
            "HTTP/2 103 \r\n", "early: x\r\n", "\r\n", "HTTP/2 204 \r\n", "a: b: c \r\n", "no colon\r\n", "empty:\r\n",
            "\r\n", "trailer: x\r\n", "\r\n",
        ] {
            switch take(line, &parser) {
            case .more: break
            case .head(let head): heads.append(head)
            case .violation: Issue.record("\(line)")
            }
        }
        #expect(heads.map(\.status) == [.noContent])
        #expect(heads.first?.fields.headers == ["a": "b: c", "empty": ""])
        #expect(parser.version == .two)
    }

    @Test(arguments: ["a: b\r\n", "\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1\r\n", "HTTP/1.1 20x\r\n", "HTTP/1.1 \r\n"])
    func aHeadMustBeginWithAStatus(line: String) {
        var parser = ResponseHeadParser()
        guard case .violation = take(line, &parser) else {
            Issue.record("\(line) was taken")
            return
        }
    }

    @Test func aHeadOfHTTP1HasItsVersion() {
        var parser = ResponseHeadParser()
        _ = take("HTTP/1.1 200 OK\r\n", &parser)
        #expect(parser.version == .one)
        guard case .head(let head) = take("\r\n", &parser) else {
            Issue.record("the head is not complete")
            return
        }
        #expect(head.status == .ok)
    }

    @Test(arguments: [
        ("https://h:1/a?b#c", "https://h:1", "/a?b"), ("http://h", "http://h", "/"),
        ("http://h?x=/", "http://h", "/?x=/"),
        ("https://u:p@h#f", "https://u:p@h", "/"), ("https://[::1]:2/ä/../%2F", "https://[::1]:2", "/ä/../%2F"),
    ])
    func urlsAreCutIntoOriginAndTarget(url: String, origin: String, target: String) throws {
        let cut = try RequestURL(url)
        #expect(cut.origin == origin)
        #expect(cut.target == target)
    }

    @Test(arguments: [
        "", "ftp://h/", "h/", "http:/h", "https://h/ HTTP/1.1", "https://h/a\r\nb: c", "https://h/\u{0}",
        "https://h/\u{7F}",
    ])
    func whatIsNoURLIsNotAskedFor(url: String) {
        #expect(throws: RequestURL.Invalid.self) { try RequestURL(url) }
    }

    private func lines(_ memory: borrowing RequestMemory) -> [String] {
        var lines: [String] = []
        var next = memory.lines
        while let line = next {
            lines.append(String(cString: line.pointee.data))
            next = line.pointee.next
        }
        return lines
    }

    @Test func aRequestsFieldsGoBeforeDefaults() throws {
        let memory = try RequestMemory(
            ["a": "b: c", "empty": "", "CONTENT-type": "text/plain"],
            defaults: [(name: "Content-Type", line: "Content-Type:"), (name: "Expect", line: "Expect:")],
            body: Array("body".utf8))
        #expect(lines(memory) == ["a: b: c", "empty;", "CONTENT-type: text/plain", "Expect:"])
        #expect(Array(UnsafeRawBufferPointer(start: memory.body, count: memory.bodyCount)) == Array("body".utf8))
        let nothing = try RequestMemory([:], defaults: [], body: [])
        #expect(nothing.lines == nil && nothing.bodyCount == 0)
    }

    @Test(arguments: [
        ("", "x"), ("a b", "x"), ("a:", "x"), ("ä", "x"), ("a", "x\r\nb: c"), ("a", "\u{0}"), ("a", "x\u{7F}"),
    ])
    func fieldsThatWouldBeSeveralAreRefused(name: String, value: String) {
        #expect(throws: RequestMemory.BadField.self) {
            _ = try RequestMemory(HTTPHeaders([(name, value)]), defaults: [], body: [])
        }
    }

    @Test func valuesMayHaveTabsAndMore() throws {
        #expect(HeaderRules.isValue("a\tb ä") && HeaderRules.isValue(""))
        #expect(HeaderRules.isName("X-a_1!#$%&'*+.^`|~"))
    }

    @Test func preparedHandlesAreKeptByRoute() throws {
        let sockets = SocketRegistry()
        var handles = HandleStore(configuration: .init())
        func take(_ url: String, _ tls: TLSOptions? = nil) throws -> (number: Int, easy: EasyHandle) {
            let request = ClientRequest(url: url, tls: tls)
            let route = handles.route(of: request, try RequestURL(url))
            return (route.number, try handles.take(route.number, sockets: sockets))
        }
        let first = try take("http://h/a")
        handles.put(first.easy, first.number)
        let other = try take("http://h:81/a")
        let secret = try take("http://h/a", TLSOptions(verify: false))
        let again = try take("http://h/b")
        let more = try take("http://h/b")
        #expect(again.easy === first.easy && again.number == first.number && more.number == first.number)
        #expect(more.easy !== first.easy && other.number != first.number && secret.number != first.number)
        // The oldest routes are forgotten, and handles that come back for them are dropped.
        for port in 1...20 { _ = try take("http://h:\(port)/") }
        handles.put(again.easy, again.number)
        let late = try take("http://h/a")
        #expect(late.easy !== again.easy && late.number != again.number)
    }
}
