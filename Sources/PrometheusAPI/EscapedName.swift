// Label names as they stand in the path of a URL.
// Read by APIServer for /label/NAME/values, written by RemoteBackend.

/// Label names in a URL's path: `U__` and escapes stand for a name that is no classic one.
/// Source: Prometheus, UTF-8 guide, "value encoding" escaping: `_1F600_` is a scalar, `__` an underscore.
enum EscapedName {
    /// A classic name stands as it is; others are written in ASCII.
    static func encode(_ name: String) -> String {
        guard !name.isClassicLabelName else { return name }
        var result = "U__"
        for scalar in name.unicodeScalars {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            if isPlain || scalar == ":" {
                result.unicodeScalars.append(scalar)
            } else {
                result += scalar == "_" ? "__" : "_\(String(scalar.value, radix: 16))_"
            }
        }
        return result
    }

    static func decode(_ text: String) -> String {
        guard text.hasPrefix("U__") else { return text }
        var result = ""
        var rest = text.unicodeScalars.dropFirst(3)
        while let scalar = rest.popFirst() {
            guard scalar == "_" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let escape = rest.prefix { $0 != "_" }
            guard escape.endIndex < rest.endIndex else { return text }
            rest = rest[rest.index(after: escape.endIndex)...]
            if escape.isEmpty {
                result += "_"
            } else if escape.count <= 6, let value = UInt32(String(escape), radix: 16), let named = UnicodeScalar(value)
            {
                result.unicodeScalars.append(named)
            } else {
                return text
            }
        }
        return result
    }
}
