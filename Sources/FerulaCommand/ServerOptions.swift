// The flags that name a server and how it is asked: `--server URL` and what goes with it.
// One struct for every subcommand that asks; RemoteBackend asks a server so, Scraping a page of metrics.

import ArgumentParser
import FerulaConfiguration
import HTTPAccess
import MetricModel
import PEMReading
import PrometheusAPI
import Scraping

struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask this Prometheus, Thanos, Mimir or VictoriaMetrics, with its path prefix; also $PROMETHEUS_URL.",
            valueName: "URL"))
    var server: String?

    @Option(
        help: ArgumentHelp("Sent with each request: `X-Scope-OrgID: tenant`. May repeat.", valueName: "NAME: VALUE"))
    var header: [String] = []

    @Option(
        help: ArgumentHelp("Bearer token; for --server also $PROMETHEUS_BEARER_TOKEN.", valueName: "FILE"),
        completion: .file())
    var bearerTokenFile: String?

    @Option(help: ArgumentHelp("Name for basic authentication.", valueName: "NAME"))
    var username: String?

    @Option(
        help: ArgumentHelp("Password for basic authentication.", valueName: "FILE"),
        completion: .file())
    var passwordFile: String?

    @Option(
        help: ArgumentHelp("Authority that signed the server's certificate, PEM.", valueName: "FILE"),
        completion: .file())
    var tlsCaFile: String?

    @Option(
        help: ArgumentHelp("Client certificate, PEM.", valueName: "FILE"),
        completion: .file())
    var tlsCertFile: String?

    @Option(
        help: ArgumentHelp("Key of the client certificate, PEM.", valueName: "FILE"),
        completion: .file())
    var tlsKeyFile: String?

    @Flag(help: "Take any certificate of the server.")
    var tlsSkipVerify = false

    @Option(
        name: .customLong("http.config.file"),
        help: ArgumentHelp("Authentication, TLS and headers as promtool reads them, YAML.", valueName: "FILE"),
        completion: .file())
    var httpConfigFile: String?

    @Option(
        help: ArgumentHelp(
            "Longest wait for an answer; default 30s, of a page that is scraped 10s.", valueName: "duration"))
    var serverTimeout: String?

    func validate() throws {
        if username != nil && passwordFile == nil { throw ValidationError("--username needs --password-file") }
        if passwordFile != nil && username == nil { throw ValidationError("--password-file needs --username") }
        if bearerTokenFile != nil && username != nil {
            throw ValidationError("--bearer-token-file and --username exclude each other")
        }
        if (tlsCertFile == nil) != (tlsKeyFile == nil) {
            throw ValidationError("--tls-cert-file and --tls-key-file go together")
        }
        for line in header where Self.header(line) == nil {
            throw ValidationError("--header: `\(line)` is no header; wanted something like 'X-Scope-OrgID: tenant'")
        }
    }

    /// True when the command line itself names a server, which then goes before anything the environment says.
    var isServerGiven: Bool { server != nil }

    private static var serverInEnvironment: String? {
        ["FERULA_SERVER", "PROMETHEUS_URL"].compactMap { OutputTerminal.environment($0) }.first { !$0.isEmpty }
    }
    static var isServerInEnvironment: Bool { serverInEnvironment != nil }

    /// The server of the flags or of the environment; nil when neither names one.
    ///
    /// - `warn`: takes what a file says and is not used, a line each.
    func remoteServer(warn: (String) -> Void) throws(CommandFailure) -> RemoteServer? {
        guard let text = [server, Self.serverInEnvironment].compactMap(\.self).first(where: { !$0.isEmpty }) else {
            if let flag = strayFlag {
                throw CommandFailure(
                    "\(flag) says how to ask, but nobody is asked: give --server URL, set PROMETHEUS_URL, or name what to scrape",
                    status: ExitStatus.usage)
            }
            return nil
        }
        var remote: RemoteServer
        do throws(RemoteServer.Refusal) {
            remote = try RemoteServer(address(text))
        } catch {
            throw CommandFailure("--server: \(error)", status: ExitStatus.usage)
        }
        let access = try access(warn: warn)
        remote.proxies = access.proxy.map { ProxyRule($0) }
        remote.followsRedirects = access.followsRedirects
        do {
            for field in access.headers { remote.headers.append(Header(field.name, try field.value.text())) }
        } catch {
            throw CommandFailure("\(error)")
        }
        remote.tls = access.tls.map { TLSOptions($0) }
        remote.authentication = access.authentication ?? remote.authentication
        if remote.authentication == nil, let token = OutputTerminal.environment("PROMETHEUS_BEARER_TOKEN"),
            !token.isEmpty
        {
            remote.authentication = AuthenticationFields(secret: .value(token))
        }
        if let timeout = try timeout() { remote.timeout = .milliseconds(timeout.count) }
        return remote
    }

    /// How anything is asked, a server or a page of metrics: the flags, over what the file of `--http.config.file` says.
    func access(warn: (String) -> Void) throws(CommandFailure) -> HTTPClientConfiguration {
        var access = HTTPClientConfiguration()
        if let httpConfigFile {
            do throws(ConfigurationFailure) {
                access = try HTTPClientConfiguration(file: httpConfigFile)
            } catch {
                throw CommandFailure("\(error)")
            }
            for warning in access.warnings { warn(warning) }
        }
        access.headers += header.compactMap(Self.header).map { HeaderFields(name: $0.name, value: .value($0.value)) }
        if let username, let passwordFile {
            access.authentication = AuthenticationFields(userName: .value(username), secret: .file(passwordFile))
        } else if let bearerTokenFile {
            access.authentication = AuthenticationFields(secret: .file(bearerTokenFile))
        }
        if hasTLSFlag {
            var tls = access.tls ?? TLSFields()
            tls.authorityFile = tlsCaFile ?? tls.authorityFile
            tls.certificateFile = tlsCertFile ?? tls.certificateFile
            tls.keyFile = tlsKeyFile ?? tls.keyFile
            tls.skipsVerification = tlsSkipVerify || tls.skipsVerification
            access.tls = tls
        }
        if let tls = access.tls, let fault = TLSOptions(tls).fault() {
            throw CommandFailure("\(flag(of: fault.part)): \(fault)")
        }
        return access
    }

    /// How long an answer is waited for; nil: not said.
    func timeout() throws(CommandFailure) -> Milliseconds? {
        guard let serverTimeout else { return nil }
        do {
            return try QueryCommand.duration(serverTimeout, "--server-timeout")
        } catch {
            throw error as? CommandFailure ?? CommandFailure("\(error)", status: ExitStatus.usage)
        }
    }

    /// Who names a certificate speaks of https.
    func address(_ text: String) -> String {
        hasTLSFlag && !text.contains("://") ? "https://" + (text.hasPrefix(":") ? "localhost" : "") + text : text
    }

    private var hasTLSFlag: Bool { tlsCaFile != nil || tlsCertFile != nil || tlsSkipVerify }

    private func flag(of part: PEMFault.Part) -> String {
        switch part {
        case .authority where tlsCaFile != nil: "--tls-ca-file"
        case .certificate where tlsCertFile != nil: "--tls-cert-file"
        case .key where tlsKeyFile != nil: "--tls-key-file"
        case .authority, .certificate, .key: "--http.config.file: tls_config"
        }
    }

    /// The first flag that means nothing without a server.
    var strayFlag: String? {
        let given: [(String, Bool)] = [
            ("--header", !header.isEmpty), ("--bearer-token-file", bearerTokenFile != nil),
            ("--username", username != nil), ("--tls-ca-file", tlsCaFile != nil),
            ("--tls-cert-file", tlsCertFile != nil), ("--tls-skip-verify", tlsSkipVerify),
            ("--http.config.file", httpConfigFile != nil), ("--server-timeout", serverTimeout != nil),
        ]
        return given.first { $0.1 }?.0
    }

    /// `Name: value`; nil for what is none. A line feed would begin another header.
    static func header(_ line: String) -> Header? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let name = line[..<colon]
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2d
                    || byte == 0x5f
            }
        guard isName, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return Header(String(name), String(value))
    }
}
