// SPDX-License-Identifier: MIT
import HTTPTransport
import Testing

@Suite struct ProxyEnvironmentTests {
    /// As golang.org/x/net/http/httpproxy decides.
    @Test(arguments: [
        ("", "example.com:443", true), ("*", "example.com:443", false), (" * , x", "example.com:443", false),
        ("example.com", "example.com:443", false), ("example.com", "www.example.com:443", false),
        ("example.com", "notexample.com:443", true), (".example.com", "example.com:443", true),
        (".example.com", "www.example.com:443", false), ("*.example.com", "www.example.com:443", false),
        ("*.example.com", "example.com:443", true), ("EXAMPLE.com", "Example.COM:443", false),
        ("example.com:443", "example.com:443", false), ("example.com:80", "example.com:443", true),
        ("10.0.0.0/8", "10.1.2.3:443", false), ("10.0.0.0/8", "11.1.2.3:443", true),
        ("10.0.0.0/33", "10.1.2.3:443", true), ("10.1.2.3", "10.1.2.3:443", false),
        ("10.1.2.3:6443", "10.1.2.3:443", true), ("192.168.0.0/22", "192.168.3.255:443", false),
        ("192.168.0.0/22", "192.168.4.0:443", true), ("fd00::/8", "[fd12::1]:443", false),
        ("[fd00::1]:443", "[fd00::1]:443", false), ("fd00::1", "[fd00::1]:443", false),
        ("fd00::/8", "10.1.2.3:443", true), ("a,,b , example.com", "example.com:443", false),
        ("", "localhost:443", false), ("", "127.0.0.1:443", false), ("", "127.9.9.9:443", false),
        ("", "[::1]:443", false), ("", "[::ffff:127.0.0.1]:443", false),
    ])
    func exceptionsAreReadAsGoReadsThem(exceptions: String, target: String, isProxied: Bool) {
        let environment = ProxyEnvironment(["HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": exceptions])
        let host = target.dropLast(4).filter { $0 != "[" && $0 != "]" }
        #expect((environment.proxy(scheme: "https", host: host, port: 443) != nil) == isProxied)
    }

    @Test func upperCaseGoesFirstAndSchemesAreApart() {
        let environment = ProxyEnvironment([
            "HTTPS_PROXY": "socks5://upper:1", "https_proxy": "http://lower:1", "http_proxy": "plain:80",
        ])
        #expect(environment.proxy(scheme: "https", host: "h", port: 443) == "socks5://upper:1")
        #expect(environment.proxy(scheme: "http", host: "h", port: 80) == "http://plain:80")
        #expect(ProxyEnvironment([:]).proxy(scheme: "https", host: "h", port: 443) == nil)
    }
}
