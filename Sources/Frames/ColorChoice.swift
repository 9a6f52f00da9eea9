// How many colours to use: the user's wish, the environment's, and what the terminal can do, in that order.
// Asked once at start, by the real terminal and by whoever prints a frame as text.

/// `--color`.
public enum ColorWish: String, Hashable, Sendable, CaseIterable {
    case auto, always, never
}

extension ColorDepth {
    /// - `terminfoColors`: what the terminal's description says; 0 when it says nothing or there is no terminal.
    /// - Order: `--color`, `NO_COLOR`, `CLICOLOR_FORCE` and `FORCE_COLOR`, `CLICOLOR=0`, `TERM=dumb`, is it a terminal.
    /// - Source: no-color.org, bixense.com/clicolors.
    public static func chosen(
        wish: ColorWish, environment: [String: String], isTerminal: Bool, terminfoColors: Int
    ) -> ColorDepth {
        func isSet(_ name: String) -> Bool {
            guard let value = environment[name] else { return false }
            return !value.isEmpty
        }
        func isForced(_ name: String) -> Bool { isSet(name) && environment[name] != "0" }

        let term = environment["TERM"] ?? ""
        switch wish {
        case .never: return .none
        case .always: break
        case .auto:
            if isSet("NO_COLOR") { return .none }
            if !isForced("CLICOLOR_FORCE"), !isForced("FORCE_COLOR") {
                if environment["CLICOLOR"] == "0" || environment["FORCE_COLOR"] == "0" { return .none }
                if term == "dumb" || !isTerminal { return .none }
                if terminfoColors <= 0 { return .none }
            }
        }
        if let colors = environment["COLORTERM"], colors == "truecolor" || colors == "24bit" { return .trueColor }
        if terminfoColors > 0x10000 || term.hasSuffix("-direct") { return .trueColor }
        if terminfoColors >= 256 || term.hasSuffix("-256color") { return .indexed256 }
        return .ansi16
    }
}
