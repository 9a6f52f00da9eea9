// What the application needs of a terminal; CursesTerminal is the real one, ScriptedTerminal the one for tests.

public enum Key: Hashable, Sendable {
    case character(Character)
    case control(Character)
    case alt(Character)
    case enter, escape, tab, backTab, backspace, delete, insert
    case up, down, left, right, shiftLeft, shiftRight, shiftUp, shiftDown
    case home, end, pageUp, pageDown
    case function(Int)
}

public struct Mouse: Hashable, Sendable {
    public enum Action: Hashable, Sendable { case press, release, drag, wheelUp, wheelDown }
    public var action: Action
    /// Keys held meanwhile, as far as the terminal tells.
    public struct Modifiers: OptionSet, Hashable, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let shift = Modifiers(rawValue: 4)
        public static let alt = Modifiers(rawValue: 8)
        public static let control = Modifiers(rawValue: 16)
    }
    public var x: Int
    public var y: Int
    public var modifiers: Modifiers
    public init(action: Action, x: Int, y: Int, modifiers: Modifiers = []) {
        self.action = action
        self.x = x
        self.y = y
        self.modifiers = modifiers
    }
}

public enum InputEvent: Hashable, Sendable {
    case key(Key)
    case mouse(Mouse)
    case resize(Size)
    /// Bracketed paste.
    case paste(String)
}

/// How much the terminal can show.
public enum ColorDepth: Int, Comparable, Hashable, Sendable {
    case none, ansi16, indexed256, trueColor
    public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }
}

public struct TerminalCapabilities: Hashable, Sendable {
    public var colors: ColorDepth
    /// Braille and block elements can be shown (a UTF-8 locale); otherwise painters stay within ASCII.
    public var isUnicode: Bool
    public init(colors: ColorDepth = .trueColor, isUnicode: Bool = true) {
        self.colors = colors
        self.isUnicode = isUnicode
    }
}

/// Used from one thread only, that of the session loop.
public protocol Terminal: AnyObject {
    var size: Size { get }
    var capabilities: TerminalCapabilities { get }
    /// Shows a frame; only what changed since the last one is written.
    func present(_ frame: Frame)
    /// The next `present` writes every cell anew: something else has written onto the screen.
    func redraw()
    /// Waits until there is input, a resize, or `wake()` was called from anywhere, at most `timeoutMilliseconds`
    /// (nil: no limit), and returns what came in.
    func waitForInput(timeoutMilliseconds: Int?) -> [InputEvent]
    /// Ends the wait of `waitForInput`; may be called from any thread.
    var wake: @Sendable () -> Void { get }
    /// Gives the terminal back as it was, stops the process until it is continued, takes the terminal again.
    func suspend()
    /// Whether clicks and the wheel are reported; when not, the terminal's own selection works.
    func setMouse(_ isOn: Bool)
    /// Gives the text to the clipboard of whoever sits at the terminal, as far as the terminal lets it.
    func copy(_ text: String)
    /// Leaves the terminal as it was found; calling twice does nothing more.
    func close()
}

extension Terminal {
    public func redraw() {}
    public func setMouse(_ isOn: Bool) {}
    public func copy(_ text: String) {}
}
