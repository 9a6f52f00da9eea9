// Why a server gave no answer, in the words of the wall: kind, message, place in the query, hint.
// After RemoteRequests; messages go to a panel or to standard error.

import HTTPAccess
import PromQLSyntax
import Querying

extension QueryFailure {
    init(_ failure: AccessFailure, server: RemoteServer, limit: Duration) {
        let (kind, reason, hint): (Kind, String, String?) =
            switch failure.kind {
            case .cancelled: (.canceled, "cancelled", nil)
            case .timeout: (.timeout, "no answer within \(describe(limit))", nil)
            case .bodyTooLarge:
                (
                    .execution, "the answer is larger than \(describe(bytes: server.bodyBytesMax))",
                    "ask for fewer series or a longer step"
                )
            case .tls where failure.reason.contains("client certificate"):
                (.unavailable, failure.reason, "--tls-cert-file and --tls-key-file name the one to show")
            case .tls where failure.reason.contains("not trusted"):
                (.unavailable, failure.reason, "--tls-ca-file names the authority to trust")
            case .tls: (.unavailable, failure.reason, nil)
            default: (.unavailable, failure.reason, nil)
            }
        self.init(kind, "\(server.url): \(reason)", hint: hint)
    }
}

extension RemoteAnswer {
    /// Bytes of a page that is no answer, as far as a message repeats them.
    private static let excerptMax = 120

    /// Reads the envelope. A page of a gateway, and JSON of something else, is a failure with the status.
    func reply<Value>(
        _ read: ([UInt8]) throws(JSONFailure) -> APIReply<Value>
    ) throws(QueryFailure) -> APIReply<Value> {
        let reply: APIReply<Value>
        do throws(JSONFailure) {
            reply = try read(body)
        } catch {
            let isJSON = body.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: "{")
            if isJSON, head.status < 300 {
                throw QueryFailure(.internalError, "\(server.url): malformed answer: \(error)")
            }
            throw foreign(excerpt: excerpt)
        }
        if case .failure(let kind, let message) = reply, kind.isEmpty, head.status >= 300 {
            throw foreign(excerpt: message)
        }
        return reply
    }

    /// A status without the API's envelope.
    private func foreign(excerpt: String) -> QueryFailure {
        let status = "HTTP status \(head.status)" + (head.reason.isEmpty ? "" : " \(head.reason)")
        let said = excerpt.isEmpty ? "" : ": \(excerpt)"
        let prefixHint =
            "is the path prefix right? Mimir has /prometheus, VictoriaMetrics' cluster /select/0/prometheus"
        switch head.status {
        case 200..<300:
            let type = head.contentType.prefix { $0 != ";" }
            return QueryFailure(
                .notFound,
                "\(server.url): not the Prometheus API: answered with \(type.isEmpty ? "no type" : type)\(said)",
                hint: prefixHint)
        case 401 where excerpt.contains("no org id"):
            return QueryFailure(
                .unavailable, "\(server.url): \(status)\(said)",
                hint: "--header 'X-Scope-OrgID: TENANT' names the tenant")
        case 401:
            return QueryFailure(
                .unavailable, "\(server.url): \(status)\(said)",
                hint: server.authentication == nil
                    ? "give --username and --password-file, or --bearer-token-file" : "the credentials are refused")
        case 403: return QueryFailure(.unavailable, "\(server.url): \(status)\(said)")
        case 404: return QueryFailure(.notFound, "\(server.url): \(status)\(said)", hint: prefixHint)
        case 408, 504: return QueryFailure(.timeout, "\(server.url): \(status)\(said)")
        default: return QueryFailure(.unavailable, "\(server.url): \(status)\(said)")
        }
    }

    /// The title of an HTML page, or the first line of text, printable.
    private var excerpt: String {
        let text = String(decoding: body.prefix(4096), as: UTF8.self)
        let lowered = text.lowercased()
        var part = Substring(text)
        if lowered.utf8.count == text.utf8.count, lowered.contains("<html") || lowered.contains("<!doctype") {
            let tag = Array("<title>".utf8)
            let bytes = Array(lowered.utf8)
            let title = bytes.indices.first { bytes[$0...].starts(with: tag) }.map { start in
                Array(text.utf8)[(start + tag.count)...].prefix { $0 != UInt8(ascii: "<") }
            }
            part = Substring(title.map { String(decoding: $0, as: UTF8.self) } ?? "")
        }
        let line = part.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        let printable = line.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? " " : $0 }
        let shown = String(String.UnicodeScalarView(printable))
        return shown.count > Self.excerptMax ? shown.prefix(Self.excerptMax) + "…" : shown
    }

    // MARK: The API's own errors

    /// The server's words. A position in them becomes a range of the query's bytes.
    func failure(_ errorType: String, _ message: String, query: String?) -> QueryFailure {
        let kind = kind(of: errorType)
        guard let query, let (offset, text) = Self.placed(message, in: query) else {
            return QueryFailure(kind, message)
        }
        // The same mistake found by our parser has its whole range and a hint.
        do throws(SyntaxError) {
            _ = try Expression(parsing: query)
        } catch {
            let start = error.range.start
            if start == offset {
                let ownHint = error.hint.map { " (\($0))" } ?? ""
                let plain = text.hasSuffix(ownHint) ? String(text.dropLast(ownHint.count)) : text
                return QueryFailure(.badData, plain, bytes: start..<max(start, error.range.end), hint: error.hint)
            }
        }
        return QueryFailure(.badData, text, bytes: offset..<Self.wordEnd(query, from: offset))
    }

    private func kind(of errorType: String) -> QueryFailure.Kind {
        if let kind = QueryFailure.Kind(rawValue: errorType) { return kind }
        switch head.status {
        case 400, 406, 415: return .badData
        case 404: return .notFound
        case 422: return .execution
        case 499: return .canceled
        case 503 where errorType.isEmpty || errorType == "503": return .unavailable
        case 408, 503, 504: return .timeout
        default: return .internalError
        }
    }

    /// Takes `invalid parameter "query": 1:5: parse error: text` apart: the byte offset in the query, and the text.
    /// Lines and columns count from one, columns in bytes.
    static func placed(_ message: String, in query: String) -> (offset: Int, text: String)? {
        var rest = Substring(message)
        for prefix in [
            "invalid parameter \"query\": ", "invalid parameter \"match[]\": ", "invalid parameter 'query': ",
        ]
        where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        guard let line = number(&rest), rest.first == ":" else { return nil }
        rest.removeFirst()
        guard let column = number(&rest), rest.hasPrefix(": ") else { return nil }
        rest.removeFirst(2)
        if rest.hasPrefix("parse error: ") { rest = rest.dropFirst("parse error: ".count) }
        var offset = 0
        var lineNow = 1
        let bytes = Array(query.utf8)
        while lineNow < line {
            guard let end = bytes[offset...].firstIndex(of: 0x0a) else { return nil }
            offset = end + 1
            lineNow += 1
        }
        offset += column - 1
        guard line >= 1, column >= 1, offset <= bytes.count else { return nil }
        return (offset, String(rest))
    }

    private static func number(_ text: inout Substring) -> Int? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard digits.count <= 9, let number = Int(Substring(digits)) else { return nil }
        text = text[digits.endIndex...]
        return number
    }

    /// Behind the name, number or single character that begins at `offset`.
    private static func wordEnd(_ query: String, from offset: Int) -> Int {
        let bytes = Array(query.utf8)
        func isWord(_ byte: UInt8) -> Bool {
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x3a) || byte == 0x5f
        }
        var end = offset
        while end < bytes.count, isWord(bytes[end]) { end += 1 }
        return max(end, min(offset + 1, bytes.count))
    }
}
