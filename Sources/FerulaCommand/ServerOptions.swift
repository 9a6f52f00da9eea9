// The flags that name a server and how it is asked: `--server URL` and what goes with it.
// One struct for every subcommand that asks a Prometheus-compatible server; PrometheusAPI's RemoteBackend asks.

import ArgumentParser
import FerulaConfiguration
import HTTPAccess
import MetricModel
import PrometheusAPI
import Scraping

struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask this Prometheus, Thanos, Mimir or VictoriaMetrics, with its path prefix; also $PROMETHEUS_URL.",
            valueName: "URL"))
    var server: String?

    @Option(help: ArgumentHelp("Sent to the server: `X-Scope-OrgID: tenant`. May repeat.", valueName: "NAME: VALUE"))
    var header: [String] = []

    @Option(help: ArgumentHelp("Bearer token for the server; also $PROMETHEUS_BEARER_TOKEN.", valueName: "FILE"))
    var bearerTokenFile: String?

    @Option(help: ArgumentHelp("Name for basic authentication.", valueName: "NAME"))
    var username: String?

    @Option(help: ArgumentHelp("Password for basic authentication.", valueName: "FILE"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("Authority that signed the server's certificate, PEM.", valueName: "FILE"))
    var tlsCaFile: String?

    @Option(help: ArgumentHelp("Client certificate, PEM.", valueName: "FILE"))
    var tlsCertFile: String?

    @Option(help: ArgumentHelp("Key of the client certificate, PEM.", valueName: "FILE"))
    var tlsKeyFile: String?

    @Flag(help: "Take any certificate of the server.")
    var tlsSkipVerify = false

    @Option(
        name: .customLong("http.config.file"),
        help: ArgumentHelp("Authentication, TLS and headers as promtool reads them, YAML.", valueName: "FILE"))
    var httpConfigFile: String?

    @Option(help: ArgumentHelp("Longest wait for an answer of the server; default 30s.", valueName: "duration"))
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
        let environment = OutputTerminal.environment
        guard let text = [server, Self.serverInEnvironment].compactMap(\.self).first(where: { !$0.isEmpty }) else {
            if let flag = strayFlag {
                throw CommandFailure(
                    "\(flag) needs a server: give --server URL or set PROMETHEUS_URL", status: ExitStatus.usage)
            }
            return nil
        }
        var remote: RemoteServer
        do throws(RemoteServer.Refusal) {
            remote = try RemoteServer(text)
        } catch {
            throw CommandFailure("--server: \(error)", status: ExitStatus.usage)
        }
        try readFile(into: &remote, warn: warn)
        remote.headers += header.compactMap(Self.header)
        if let username, let passwordFile {
            remote.authentication = AuthenticationFields(userName: .value(username), secret: .file(passwordFile))
        } else if let bearerTokenFile {
            remote.authentication = AuthenticationFields(secret: .file(bearerTokenFile))
        } else if remote.authentication == nil, let token = environment("PROMETHEUS_BEARER_TOKEN"), !token.isEmpty {
            remote.authentication = AuthenticationFields(secret: .value(token))
        }
        readTLS(into: &remote)
        if let serverTimeout {
            remote.timeout = .milliseconds(try Self.duration(serverTimeout))
        }
        return remote
    }

    private static func duration(_ text: String) throws(CommandFailure) -> Int64 {
        do {
            return try QueryCommand.duration(text, "--server-timeout").count
        } catch {
            throw error as? CommandFailure ?? CommandFailure("\(error)", status: ExitStatus.usage)
        }
    }

    private func readFile(into remote: inout RemoteServer, warn: (String) -> Void) throws(CommandFailure) {
        guard let httpConfigFile else { return }
        let read: HTTPClientConfiguration
        do {
            read = try HTTPClientConfiguration(file: httpConfigFile)
        } catch {
            throw CommandFailure("\(error)")
        }
        for warning in read.warnings { warn(warning) }
        remote.authentication = read.authentication ?? remote.authentication
        remote.proxies = read.proxy.map { ProxyRule($0) }
        remote.followsRedirects = read.followsRedirects
        do {
            for field in read.headers { remote.headers.append(Header(field.name, try field.value.text())) }
        } catch {
            throw CommandFailure("\(error)")
        }
        if let fields = read.tls { remote.tls = TLSOptions(fields) }
    }

    private func readTLS(into remote: inout RemoteServer) {
        guard tlsCaFile != nil || tlsCertFile != nil || tlsSkipVerify else { return }
        var tls = remote.tls ?? TLSOptions()
        tls.authorityFile = tlsCaFile ?? tls.authorityFile
        tls.certificateFile = tlsCertFile ?? tls.certificateFile
        tls.keyFile = tlsKeyFile ?? tls.keyFile
        tls.skipsVerification = tlsSkipVerify || tls.skipsVerification
        remote.tls = tls
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
