// Every kind of secret in one configuration, and everything that the program says: none of them is there.

import Foundation
import HTTPAccess
import HTTPService
import Testing

@Suite("secrets", .timeLimit(.minutes(2)))
struct SecretTests {
    /// Each secret contains the word that is looked for. Nothing listens at port 1.
    private static func configuration(_ address: ListenAddress) -> String {
        """
        global: {scrape_interval: 1s}
        remote_write: [{url: "http://me:hush@127.0.0.1:1/?api_key=hush", basic_auth: {username: u, password: hush}}]
        alerting: {alertmanagers: [{authorization: {credentials: hush}}]}
        scrape_configs:
          - job_name: password
            basic_auth: {username: u, password: hush}
            proxy_url: "http://me:hush@127.0.0.1:1"
            proxy_connect_header: {X-Key: [hush]}
            static_configs: [{targets: ["127.0.0.1:1"]}]
          - job_name: token
            authorization: {credentials: hush}
            http_headers: {X-Key: {secrets: [hush]}}
            proxy_url: "http://hush@127.0.0.1:1"
            static_configs: [{targets: ["127.0.0.1:1"]}]
          - job_name: files
            basic_auth: {username: u, password_file: word}
            http_headers: {X-Key: {files: [word]}}
            static_configs: [{targets: ["127.0.0.1:1"]}]
          - job_name: bearer
            bearer_token: hush
            tls_config: {cert: public, key: hush}
            scheme: https
            static_configs: [{targets: ["127.0.0.1:1"]}]
          - job_name: address
            static_configs: [{targets: ["me:hush@127.0.0.1:1"]}]
          - job_name: refused
            static_configs: [{targets: ["me:hush@127.0.0.1:1"]}]
            relabel_configs: [{target_label: __scrape_timeout__, replacement: x}]
          - job_name: dropped
            static_configs: [{targets: ["me:hush@127.0.0.1:1"]}]
            relabel_configs: [{action: drop}]
          - job_name: probe
            params: {target: ["http://me:hush@127.0.0.1:1/x"], token: [hush], access_token: [hush], module: [http_2xx]}
            static_configs: [{targets: ["127.0.0.1:1"], labels: {__param_apikey: hush}}]
          - job_name: path
            metrics_path: "/m?id_token=hush&x=1"
            static_configs: [{targets: ["127.0.0.1:1"], labels: {__param_target: "me:hush@db:5432"}}]
          - job_name: made
            static_configs: [{targets: ["127.0.0.1:1"]}]
            relabel_configs: [{target_label: __param_private_token, replacement: hush}]
          - job_name: redirected
            params: {token: [hush]}
            static_configs: [{targets: ["\(address)"]}]
          - job_name: found
            http_sd_configs: [{url: "http://me:hush@127.0.0.1:1/targets?token=hush", authorization: {credentials: hush}}]
            kubernetes_sd_configs: [{role: pod, api_server: "http://127.0.0.1:1", bearer_token: hush}]

        """
    }

    private static func body(_ client: Client, _ url: String) async throws -> String {
        var body: [UInt8] = []
        _ = try await client.send(Request(url: url), into: &body)
        return String(decoding: body, as: UTF8.self)
    }

    /// In plain, and as basic authentication writes `me:hush` and `u:hush`.
    private static func secrets(in text: String) -> [String] {
        ["hush", "bWU6aHVzaA", "dTpodXNo"].filter { text.contains($0) }
    }

    @Test("none is in the log, the API, what it measures of itself, or what check prints")
    func everywhere() async throws {
        let folder = NSTemporaryDirectory() + "ferula-secrets-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "hush".write(toFile: folder + "/word", atomically: true, encoding: .utf8)
        // As servers do that want TLS: the query comes back.
        let route = Route("/metrics") { request in
            .redirect(to: "http://127.0.0.1:1/metrics?token=\(request.query["token"] ?? "")")
        }
        try await Server(routes: [route]).whileRunning { address in
            let file = folder + "/p.yml"
            try Self.configuration(address).write(toFile: file, atomically: true, encoding: .utf8)
            let status = try await RealBinary.withProcess(
                ["serve", "--listen", "127.0.0.1:0", "-c", file, "--log.level", "debug"],
                { lines, _ in
                    var log = ""
                    var server = ""
                    var jobs: Set<String> = []
                    let failing: Set = [
                        "password", "token", "files", "bearer", "address", "probe", "redirected", "path", "made",
                    ]
                    while server.isEmpty || !jobs.isSuperset(of: failing), let line = await lines.next() {
                        log += line + "\n"
                        if line.hasPrefix("listening on ") { server = String(line.dropFirst(13)) }
                        if let job = line.firstRange(of: " job=") { jobs.insert(String(line[job.upperBound...])) }
                    }
                    #expect(
                        log.contains("target=http%3A%2F%2F127.0.0.1%3A1%2Fx&token=%3Csecret%3E: connection refused"))
                    #expect(log.contains("redirected to http://127.0.0.1:1/metrics: connection refused"))
                    #expect(Self.secrets(in: log) == [], "\(log)")
                    let client = Client()
                    for path in [
                        "/api/v1/targets", "/api/v1/targets?state=dropped", "/api/v1/status/config",
                        "/api/v1/status/flags", "/api/v1/status/runtimeinfo", "/api/v1/scrape_pools",
                        "/api/v1/series?match%5B%5D=%7B__name__!=%22%22%7D", "/metrics", "/federate?match%5B%5D=up",
                    ] {
                        let text = try await Self.body(client, server + path)
                        #expect(Self.secrets(in: text) == [], "\(path): \(text)")
                        if path.hasSuffix("config") {
                            #expect(text.contains(#"proxy_url: \"http://me:<secret>@127.0.0.1:1\""#))
                            #expect(text.contains(#"proxy_url: \"http://<secret>@127.0.0.1:1\""#))
                        }
                        if path.hasSuffix("targets") {
                            #expect(text.contains(#""__metrics_path__":"/m?id_token=<secret>&x=1""#))
                            #expect(text.contains(#""__param_target":"me:<secret>@db:5432""#))
                            #expect(
                                text.contains(#""__param_target":"http://127.0.0.1:1/x","__param_token":"<secret>""#))
                        }
                    }
                    await client.shutdown()
                })
            #expect(status == 0)
            for arguments in [["check", "config", file], ["check", "service-discovery", file, "probe"]] {
                let said = try await RealBinary.run(arguments)
                #expect(said.output.contains("token=%3Csecret%3E"))
                #expect(Self.secrets(in: said.output + said.errors) == [], "\(arguments): \(said.output)")
            }
        }
    }
}
