// What /api/v1/status/config may show of a configuration.

import Testing

@testable import FerulaConfiguration

@Suite("A configuration without its secrets")
struct PublicTextTests {
    @Test("passwords, tokens, keys and passwords in URLs are hidden; the rest stays")
    func secrets() throws {
        let configuration = try Configuration(
            parsing: """
                # a comment
                global: {scrape_interval: 5s}
                scrape_configs:
                  - job_name: a
                    basic_auth:
                      username: u
                      password: hush
                    static_configs:
                      - targets: ["b:1"]
                        labels: {note: "http://me:hush@c/path@x", mail: "me@c"}
                  - job_name: b
                    authorization:
                      credentials: hush
                    metrics_path: /m
                """, file: "p.yml")
        #expect(
            configuration.publicText == """
                global:
                  scrape_interval: 5s
                scrape_configs:
                - job_name: a
                  basic_auth:
                    username: u
                    password: <secret>
                  static_configs:
                  - targets:
                    - "b:1"
                    labels:
                      note: "http://me:<secret>@c/path@x"
                      mail: "me@c"
                - job_name: b
                  authorization:
                    credentials: <secret>
                  metrics_path: /m

                """)
        #expect(try Configuration(parsing: "", file: "p.yml").publicText.isEmpty)
    }

    @Test(
        "a parameter proves who asks by its whole name or by its last word",
        arguments: [
            ("token", true), ("__param_private_token", true), ("id_token", true), ("X-Amz-Signature", true),
            ("jwt", true),
            ("access-key", true), ("auth", true), ("target", false), ("token_type", false), ("partition_key", false),
            ("author", false), ("", false),
        ])
    func parameters(name: String, isSecret: Bool) {
        #expect(PublicText.isSecret(parameter: name) == isSecret)
    }
}
