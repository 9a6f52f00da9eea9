// How the lines of a log are written: patterns, JSON, logfmt, or the formats of web servers by name.
// What LogFields takes fields from.

import LinearRegex

package enum LogFormat: Hashable, Sendable {
    /// The line as it is; metrics have patterns of their own.
    case none
    /// The first that fits gives the fields.
    case patterns([LinePattern])
    /// One object a line, with anything but `{` before it; fields of inner objects are `outer.inner`.
    case json
    /// `key=value key="some words"`.
    case logfmt

    /// `apache` and `combined` are Apache httpd's formats of these names (Common and Combined Log Format); `nginx` is
    /// the second with the times that people append: `$request_time`, `$upstream_response_time`, bare or as `rt=`, `urt=`.
    package static let presets = ["apache", "combined", "nginx", "json", "logfmt"]

    package init?(preset: String) {
        let texts: [String]
        switch preset {
        case "json":
            self = .json
            return
        case "logfmt":
            self = .logfmt
            return
        case "apache": texts = [Self.plain, Self.common]
        case "combined": texts = [Self.plain + Self.plainAgent, Self.common + Self.agent]
        case "nginx": texts = [Self.plain + Self.plainAgent + Self.times, Self.common + Self.agent + Self.times]
        default: return nil
        }
        do {
            self = .patterns(try texts.map { try LinePattern($0) })
        } catch {
            preconditionFailure("LogFormat: the pattern of \(preset): \(error)")
        }
    }

    /// Names that fields can have; nil when the lines say.
    package var fields: [String]? {
        switch self {
        case .none: []
        case .json, .logfmt: nil
        case .patterns(let patterns):
            patterns.flatMap(\.fields).reduce(into: []) { names, name in
                if !names.contains(name) { names.append(name) }
            }
        }
    }

    // What nearly every line is: each byte leaves one way, so that the fields are read off a table, ten times as fast. Where
    // it fits, the pattern of all lines below has the same fields.
    private static let plain =
        #"^(?P<client>[^ ]+) (?P<identity>[^ ]+) (?P<user>[^ ]+) \[(?P<time>[^\]]*)\] "#
        + #""(?P<method>[A-Z]+) (?P<path>[^ "]*) (?P<protocol>[^ "]*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)"#
    private static let plainAgent = #" "(?P<referer>[^"\\]*)" "(?P<user_agent>[^"\\]*)""#

    // A request line may be anything that a scanner sends; then there is no method and no path.
    // Source: https://httpd.apache.org/docs/2.4/logs.html, https://nginx.org/en/docs/http/ngx_http_log_module.html
    private static let common =
        #"^(?P<client>[^ ]+) (?P<identity>[^ ]+) (?P<user>.*?) \[(?P<time>[^\]]*)\] "#
        + #""(?:(?P<method>[A-Z]+) (?P<path>[^ "]*)(?: (?P<protocol>[^ "]*))?|(?:[^"\\]|\\.)*)" "#
        + #"(?P<status>[0-9]{3}|-) (?P<bytes>[0-9]+|-)"#
    private static let agent = #" "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)""#
    private static let times =
        #"(?: (?:rt=)?(?P<request_time>[0-9.]+)(?: (?:urt=)?"?(?P<upstream_time>[0-9.]+|-)"?)?)?"#
}
