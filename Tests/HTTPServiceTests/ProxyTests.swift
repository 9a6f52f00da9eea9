// Which requests go through a proxy, and how addresses of proxies and hosts are read.

import Testing

@testable import HTTPAccess

@Suite("proxies")
struct ProxyTests {
    @Test(
        "addresses of proxies",
        arguments: [
            ("http://proxy:3128", "http proxy:3128"), ("http://proxy", "http proxy:80"),
            ("proxy:3128", "http proxy:3128"),
            ("socks5://proxy", "socks5 proxy:1080"), ("SOCKS5h://[::1]:9/", "socks5 [::1]:9"),
            ("http://ada:p%40ss@proxy/", "http proxy:80 ada p@ss"), ("https://proxy", nil), ("", nil), ("http://", nil),
            ("http://proxy:0", nil), ("http://proxy:65536", nil), ("http://[::1", nil),
            ("socks5://ada:p@proxy", nil),
        ])
    func addresses(url: String, expected: String?) {
        let read = (try? Proxy(url)).map { proxy -> String in
            var text = "\(proxy.kind) \(proxy.name)"
            if case .basic(let name, let password)? = proxy.authentication { text += " \(name) \(password)" }
            return text
        }
        #expect(read == expected)
    }

    /// The proxy is `p:80`, with these exceptions.
    @Test(
        "exceptions",
        arguments: [
            ("", "http://a/", true), ("", "http://localhost:9100/", false), ("", "http://127.0.0.1/", false),
            ("", "http://[::1]:9100/", false), ("", "http://[::ffff:127.0.0.1]/", false),
            ("a.test", "http://a.test/", false), ("a.test", "http://b.a.test/", false),
            ("a.test", "http://ba.test/", true), ("A.Test ", "https://a.tesT:1/x?y", false),
            (".a.test", "http://a.test/", true), (".a.test", "http://b.a.test/", false),
            ("*.a.test", "http://b.a.test/", false), ("x, 10.0.0.0/8", "http://10.2.3.4/", false),
            ("10.0.0.0/8", "http://11.2.3.4/", true), ("10.0.0.0/9", "http://10.128.0.0/", true),
            ("10.0.0.1", "http://10.0.0.1:9/", false), ("10.0.0.1:9", "http://10.0.0.1:9/", false),
            ("10.0.0.1:9", "http://10.0.0.1:8/", true), ("a.test:443", "https://a.test/", false),
            ("a.test:443", "http://a.test/", true), ("fd00::/8", "http://[fd12::1]/", false),
            ("fd00::/8", "http://[fe12::1]/", true), ("10.0.0.0/8", "http://[::1:1]/", true),
            ("10.0.0.0/33", "http://10.0.0.0/", true), ("*", "http://a/", false),
        ])
    func exceptions(text: String, url: String, isProxied: Bool) throws {
        let rule = ProxyRule("http://p", name: "p", exceptions: ProxyExceptions(text))
        #expect((try rule.proxy(for: url) != nil) == isProxied)
    }

    @Test("without exceptions the proxy is asked for this machine's own addresses too, and never for a socket")
    func everything() throws {
        let rule = ProxyRule("http://p", name: "p")
        #expect(try rule.proxy(for: "http://localhost/")?.name == "p:80")
        #expect(try rule.proxy(for: "http+unix://%2Ftmp%2Fsocket/metrics") == nil)
    }

    @Test("the environment has a proxy for each scheme, capital letters first")
    func environment() throws {
        let variables = [
            "http_proxy": "small:1", "HTTP_PROXY": "large:1", "https_proxy": "http://secure:2", "no_proxy": "a",
            "NO_PROXY": "here",
        ]
        var rule = ProxyRule { variables[$0] }
        rule.add(headers: [Header("X-A", "b")])
        #expect(try rule.proxy(for: "http://a/")?.name == "large:1")
        #expect(try rule.proxy(for: "https://a/")?.name == "secure:2")
        #expect(try rule.proxy(for: "https://a/")?.headers == [Header("X-A", "b")])
        #expect(try rule.proxy(for: "https://here/") == nil)
        #expect(rule.refusal == nil)
        #expect(try ProxyRule { _ in nil }.proxy(for: "http://a/") == nil)
    }

    @Test(
        "whoever wants a proxy that is none is refused, never asked directly",
        arguments: [
            ("http://:3128", "the host is missing"), ("http://p:70000", "the port 70000 is not between 1 and 65535"),
            ("http://p:x", "the port is no number"), ("ftp://p", "http or socks5 is wanted"),
            ("https://p", "a proxy that wants TLS itself is not supported by ferula"),
            ("socks5://ada:secret@p", "a name and password for a SOCKS proxy are not supported by ferula"),
            ("http://ada:secret@", "the host is missing"),
        ])
    func malformed(url: String, reason: String) {
        let message = "HTTP_PROXY is no address of a proxy: \(reason)"
        for rule in [ProxyRule { $0 == "HTTP_PROXY" ? url : nil }, ProxyRule(url, name: "HTTP_PROXY")] {
            #expect(throws: Proxy.Refusal(description: message)) { try rule.proxy(for: "http://a/") }
            #expect(rule.refusal == message)
        }
    }
}
