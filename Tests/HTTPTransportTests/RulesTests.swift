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

    @Test func headLinesBecomeAHead() {
        var parser = ResponseHeadParser()
        func take(_ text: String) -> ResponseHeadParser.Outcome { parser.take(Array(text.utf8)) }
        let outcomes = ["HTTP/2 204 \r\n", "a: b: c \r\n", "empty:\r\n", "\r\n", "trailer: x\r\n"].map(take)
        let head = ResponseHead(status: .noContent, headers: ["a": "b: c", "empty": ""])
        #expect(outcomes == [.more, .more, .more, .head(head), .more])
        #expect(parser.version == .two)
    }

    @Test(arguments: ["a: b\r\n", "\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1\r\n"])
    func aHeadMustBeginWithAStatus(line: String) {
        var parser = ResponseHeadParser()
        let outcome = parser.take(Array(line.utf8))
        #expect(outcome == .violation)
    }
}
