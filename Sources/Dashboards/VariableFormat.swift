// The formats of ${x:format}, and how a choice is written into PromQL.
// Called by VariableContext.interpolate.

import MetricModel

enum VariableFormat {
    /// Into a query. One value of a plain variable goes in with its quote and backslashes escaped; where several are
    /// possible each is a pattern, joined as `(a|b)`. A custom value for All goes in as the author wrote it.
    ///
    /// `quote` is the PromQL quote around the variable, nil outside of strings, where a value may be a whole
    /// expression and quotes in it must stay.
    static func prometheus(_ choice: VariableContext.Choice, quote: UInt8?) -> String {
        if choice.isAll, let all = choice.allValue { return all }
        guard choice.isMulti else { return escapedForString(choice.values.first ?? "", quote: quote) }
        let patterns = choice.values.map { escapedForPattern($0, quote: quote) }
        return patterns.count == 1 ? patterns[0] : "(" + patterns.joined(separator: "|") + ")"
    }

    private static func escapedForString(_ text: String, quote: UInt8?) -> String {
        guard let quote, quote != UInt8(ascii: "`") else { return text }
        var result = ""
        for character in text.unicodeScalars {
            if character == "\\" || character == UnicodeScalar(quote) { result.append("\\") }
            if character == "\n" { result += "\\n" } else { result.unicodeScalars.append(character) }
        }
        return result
    }

    /// Escapes of a pattern, doubled because they stand in a PromQL string.
    private static func escapedForPattern(_ text: String, quote: UInt8?) -> String {
        let escape = quote == UInt8(ascii: "`") ? "\\" : "\\\\"
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\", "$", "^", "*", "{", "}", "[", "]", "+", "?", ".", "(", ")", "|":
                result += character == "\\" && quote != UInt8(ascii: "`") ? "\\\\\\\\" : escape + String(character)
            default:
                if let quote, character == UnicodeScalar(quote), quote != UInt8(ascii: "`") { result += "\\" }
                result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// One of Grafana's formats by name; an unknown one is `glob`, as in Grafana.
    ///
    /// A variable that may hold several values is a list even with one; several formats tell the two apart. What the
    /// author wrote for All is put in as it is, but for the three formats that name it.
    /// Source: grafana/scenes, variables/interpolation/formatRegistry.ts and variants/MultiValueVariable.ts.
    static func apply(_ format: String, _ name: String, _ choice: VariableContext.Choice, clock: DisplayClock)
        -> String
    {
        let parts = format.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let arguments = parts.dropFirst()
        let word = parts.first ?? ""
        if word == "text" { return choice.isAll ? "All" : choice.texts.joined(separator: " + ") }
        if word == "queryparam" { return queryParameter(name, choice) }
        if choice.isAll, let all = choice.allValue { return word == "percentencode" ? strictlyEncoded(all) : all }
        let values = choice.values
        let first = values.first ?? ""
        let isList = choice.isList
        switch word {
        case "raw", "csv": return values.joined(separator: ",")
        case "pipe": return values.joined(separator: "|")
        case "json": return isList ? "[" + values.map(jsonQuoted).joined(separator: ",") + "]" : first
        case "regex": return alternatives(values.map(regexEscaped))
        case "lucene":
            guard isList else { return luceneEscaped(first) }
            return values.isEmpty
                ? "__empty__" : "(" + values.map { "\"" + luceneEscaped($0) + "\"" }.joined(separator: " OR ") + ")"
        case "distributed":
            return values.enumerated().map { $0.offset == 0 ? $0.element : "\(name)=\($0.element)" }.joined(
                separator: ",")
        case "singlequote": return values.map { "'" + replacing($0, "'", "\\'") + "'" }.joined(separator: ",")
        case "doublequote": return values.map { "\"" + replacing($0, "\"", "\\\"") + "\"" }.joined(separator: ",")
        case "sqlstring":
            return values.map { "'" + replacing(replacing($0, "'", "''"), "\"", "\\\"") + "'" }.joined(separator: ",")
        case "percentencode": return strictlyEncoded(isList ? braced(values) : first)
        case "uriencode": return percentEncoded(isList ? braced(values) : first, keeping: ";,/?:@&=+$#")
        case "customqueryparam":
            let key = strictlyEncoded(arguments.first.flatMap { $0.isEmpty ? nil : $0 } ?? name)
            let prefix = strictlyEncoded(arguments.dropFirst().first ?? "")
            return values.map { key + "=" + prefix + strictlyEncoded($0) }.joined(separator: "&")
        case "join": return values.joined(separator: arguments.first ?? ",")
        case "html": return htmlEscaped(values.joined(separator: ", "))
        case "date": return isList ? "NaN" : date(first, arguments.joined(separator: ":"), clock)
        default: return values.count > 1 ? braced(values) : first
        }
    }

    private static func braced(_ values: [String]) -> String { "{" + values.joined(separator: ",") + "}" }

    private static func alternatives(_ patterns: [String]) -> String {
        patterns.count == 1 ? patterns[0] : "(" + patterns.joined(separator: "|") + ")"
    }

    /// As the address of a dashboard has it: All by its own name, whatever it stands for.
    private static func queryParameter(_ name: String, _ choice: VariableContext.Choice) -> String {
        (choice.isAll ? ["$__all"] : choice.values.isEmpty ? [""] : choice.values)
            .map {
                percentEncoded("var-" + name, keeping: addressKept) + "=" + percentEncoded($0, keeping: addressKept)
            }
            .joined(separator: "&")
    }

    /// What Grafana leaves in the parameters of an address (packages/grafana-data/src/utils/url.ts, toUrlParams).
    private static let addressKept = "!'()*@:$,;"

    /// Percent signs for all but what RFC 3986 calls unreserved.
    private static func strictlyEncoded(_ text: String) -> String { percentEncoded(text, keeping: "") }

    static func jsonQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{0}"..."\u{1f}":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func regexEscaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if "\\^$*+?.()|[]{}/".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    /// A number goes in as it is.
    private static func luceneEscaped(_ text: String) -> String {
        if Double(text) != nil { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if "!*+-=<>\\&|()[]{}^~?:\"/".unicodeScalars.contains(scalar) || scalar.properties.isWhitespace {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private static func replacing(_ text: String, _ character: Character, _ replacement: String) -> String {
        text.split(separator: character, omittingEmptySubsequences: false).joined(separator: replacement)
    }

    static func percentEncoded(_ text: String, keeping kept: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain =
                (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
                || "-_.~".utf8.contains(byte) || kept.utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (byte < 16 ? "0" : "") + hex
            }
        }
        return result
    }

    private static func htmlEscaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `date`, `date:iso`, `date:ms`, `date:seconds` or `date:` and a moment.js pattern, of milliseconds.
    private static func date(_ value: String, _ argument: String, _ clock: DisplayClock) -> String {
        guard let milliseconds = leadingInteger(value) else { return "NaN" }
        let time = Timestamp(milliseconds: milliseconds)
        switch argument {
        case "", "iso": return DateText.pattern("YYYY-MM-DD[T]HH:mm:ss.SSS[Z]", time)
        case "ms": return value
        // Half a second up, also before 1970.
        case "seconds": return "\(Int64((Double(milliseconds) / 1000 + 0.5).rounded(.down)))"
        default: return DateText.pattern(argument, time, offset: clock.offset)
        }
    }

    /// The number that a text begins with, as a browser reads one; nil where there is none.
    private static func leadingInteger(_ text: String) -> Int64? {
        let trimmed = text.trimmingSpaces
        let isSigned = trimmed.hasPrefix("-") || trimmed.hasPrefix("+")
        let digits = trimmed.dropFirst(isSigned ? 1 : 0).prefix { $0.isASCII && $0.isNumber }
        return Int64((trimmed.hasPrefix("-") ? "-" : "") + digits)
    }
}
