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
    static func apply(_ format: String, _ name: String, _ choice: VariableContext.Choice, clock: DisplayClock)
        -> String?
    {
        let parts = format.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let argument = parts.count > 1 ? String(parts[1]) : ""
        let values = choice.isAll ? choice.allValue.map { [$0] } ?? choice.values : choice.values
        switch parts.first ?? "" {
        case "raw", "csv": return values.joined(separator: ",")
        case "pipe": return values.joined(separator: "|")
        case "text": return choice.isAll ? "All" : choice.texts.joined(separator: " + ")
        case "value": return values.joined(separator: ",")
        case "json": return json(choice, values)
        case "regex":
            if choice.isAll, let all = choice.allValue { return all }
            let patterns = values.map(regexEscaped)
            return patterns.count == 1 ? patterns[0] : "(" + patterns.joined(separator: "|") + ")"
        case "lucene": return group(values.map { "\"" + luceneEscaped($0) + "\"" }, values.map(luceneEscaped), " OR ")
        case "distributed":
            return values.enumerated().map { $0.offset == 0 ? $0.element : "\(name)=\($0.element)" }.joined(
                separator: ",")
        case "singlequote": return values.map { "'" + replacing($0, "'", "\\'") + "'" }.joined(separator: ",")
        case "doublequote": return values.map { "\"" + replacing($0, "\"", "\\\"") + "\"" }.joined(separator: ",")
        case "sqlstring": return values.map { "'" + replacing($0, "'", "''") + "'" }.joined(separator: ",")
        case "percentencode": return percentEncoded(glob(values), keeping: "!'()*")
        case "uriencode": return percentEncoded(glob(values), keeping: "!'()*;,/?:@&=+$#")
        case "queryparam":
            return values.map { "var-\(name)=" + percentEncoded($0, keeping: "!'()*") }.joined(separator: "&")
        case "customqueryparam":
            return values.map { (argument.isEmpty ? name : argument) + "=" + percentEncoded($0, keeping: "!'()*") }
                .joined(separator: "&")
        case "join": return values.joined(separator: argument.isEmpty ? "," : argument)
        case "html": return htmlEscaped(glob(values))
        case "date": return values.first.flatMap { date($0, argument, clock) }
        default: return glob(values)
        }
    }

    private static func glob(_ values: [String]) -> String {
        values.count == 1 ? values[0] : values.isEmpty ? "" : "{" + values.joined(separator: ",") + "}"
    }

    private static func group(_ several: [String], _ single: [String], _ separator: String) -> String {
        single.count == 1 ? single[0] : "(" + several.joined(separator: separator) + ")"
    }

    private static func json(_ choice: VariableContext.Choice, _ values: [String]) -> String {
        let quoted = values.map(jsonQuoted)
        return choice.isMulti && (values.count != 1 || choice.isAll)
            ? "[" + quoted.joined(separator: ",") + "]" : quoted.first ?? "\"\""
    }

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

    private static func luceneEscaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if "!*+-=<>\\&|()[]{}^~?:\"/".unicodeScalars.contains(scalar) { result += "\\" }
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

    /// `date`, `date:iso`, `date:seconds` or `date:` and a moment.js pattern, of milliseconds.
    private static func date(_ value: String, _ argument: String, _ clock: DisplayClock) -> String? {
        guard let milliseconds = Int64(value) else { return value }
        let time = Timestamp(milliseconds: milliseconds)
        switch argument {
        case "", "iso": return DateText.pattern("YYYY-MM-DD[T]HH:mm:ss.SSS[Z]", time)
        case "seconds": return "\(milliseconds / 1000)"
        default: return DateText.pattern(argument, time, offset: clock.offset)
        }
    }
}
