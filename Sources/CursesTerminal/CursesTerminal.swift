// The one real Terminal: ncurses puts frames on the screen, our own decoder reads what the keyboard and mouse send.
// Comes after FrameDiff's values; made by the command, used by the session loop's thread alone.

import CNcurses
import Frames
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why there is no screen to draw on.
package struct CursesFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var hint: String?
    package var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

/// Takes the terminal in `init` and gives it back in `close()`, or in a signal handler when the process ends otherwise.
///
/// Law: every member but `wake` is used on the thread that made the value. Only one exists at a time.
package final class CursesTerminal: Terminal {
    package private(set) var size: Size
    package let capabilities: TerminalCapabilities
    package let wake: @Sendable () -> Void

    private let input: Int32
    private let output: Int32
    private let wakeReader: Int32
    private var ink: CursesInk
    private let restoreSequence: [UInt8]
    private var modesOn: String
    private let savedModes: termios
    private var decoder = InputDecoder()
    private var shown: Frame?
    private var isOpen = true
    private var isInputGone = false

    /// How long a lone Escape waits for the rest of a sequence.
    static let escapeDelayMilliseconds = 25
    private static let mouseOn = "\u{1b}[?1002h\u{1b}[?1006h"
    private static let mouseOff = "\u{1b}[?1002l\u{1b}[?1006l"
    private static let pasteOn = "\u{1b}[?2004h"
    private static let modesOff = "\u{1b}[?1002l\u{1b}[?1006l\u{1b}[?2004l"

    /// - `color`: `--color`.
    /// - `isUnicode`: nil asks the locale.
    package init(color: ColorWish = .auto, isUnicode: Bool? = nil, usesMouse: Bool = true) throws(CursesFailure) {
        guard isatty(STDOUT_FILENO) == 1 else { throw CursesFailure(message: "standard output is not a terminal") }
        output = STDOUT_FILENO
        let inputFile = try Self.openInput()
        input = fileno(inputFile)
        // Numbers keep their point: only the character classes follow the user's locale.
        setlocale(LC_CTYPE, "")
        if !Self.isLocaleUTF8 { setlocale(LC_CTYPE, "C.UTF-8") }

        var modes = termios()
        tcgetattr(input, &modes)
        savedModes = modes
        let signals = SignalActions([SIGINT, SIGTERM, SIGTSTP, SIGWINCH])
        let environment = Self.environment()
        let term = environment["TERM"] ?? ""
        let depth = try Self.open(term: term, color: color, environment: environment, input: inputFile)
        // ncurses leaves with status 1 on SIGINT and SIGTERM; what was there before ends the process rightly.
        signals.restore()

        raw()
        noecho()
        nonl()
        typeahead(-1)
        curs_set(0)
        leaveok(cn_stdscr(), true)
        ink = CursesInk(depth: depth)
        capabilities = TerminalCapabilities(
            colors: ink.depth, isUnicode: isUnicode ?? (Self.isLocaleUTF8 && term != "linux"))

        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            endwin()
            throw CursesFailure(message: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeReader = ends[0]
        let wakeWriter = ends[1]
        wake = {
            var byte: UInt8 = 1
            // A full pipe wakes as well as a fuller one.
            _ = write(wakeWriter, &byte, 1)
        }
        modesOn = (usesMouse ? Self.mouseOn : "") + Self.pasteOn
        restoreSequence = Self.restoreSequence()
        size = Size(width: Int(getmaxx(cn_stdscr())), height: Int(getmaxy(cn_stdscr())))

        TerminalRestore.arm(terminal: output, saved: savedModes, bytes: restoreSequence, wake: wakeWriter)
        TerminalRestore.installScreenHandlers()
        wrefresh(cn_stdscr())
        send(modesOn)
    }

    /// SIGTERM, SIGINT, SIGHUP, SIGQUIT, traps and exit() give the terminal back before they end the process.
    /// Called once by the command, before anything else draws; without it only `close()` restores.
    package static func installRestoreHandlers() { TerminalRestore.installHandlers() }

    deinit { close() }

    package func present(_ frame: Frame) {
        guard isOpen else { return }
        let screen = cn_stdscr()
        let previous = shown?.size == frame.size ? shown : nil
        let width = min(frame.size.width, size.width)
        var row: [cchar_t] = []
        row.reserveCapacity(width)
        for y in 0..<min(frame.size.height, size.height) {
            let range = y * frame.size.width..<(y + 1) * frame.size.width
            if let previous, previous.cells[range] == frame.cells[range] { continue }
            ink.fill(&row, from: frame.cells[range].prefix(width))
            _ = row.withUnsafeBufferPointer { cells in
                mvwadd_wchnstr(screen, Int32(y), 0, cells.baseAddress, Int32(cells.count))
            }
        }
        wrefresh(screen)
        shown = frame
    }

    package func redraw() {
        clearok(cn_curscr(), true)
        shown = nil
    }

    package func waitForInput(timeoutMilliseconds: Int?) -> [InputEvent] {
        var events: [InputEvent] = []
        // A report of the handlers may have come between the last wait and this one.
        takeSignals(into: &events)
        var timeout = events.isEmpty ? timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1 : 0
        if decoder.isWaiting {
            let delay = Int32(Self.escapeDelayMilliseconds)
            timeout = timeout < 0 ? delay : min(timeout, delay)
        }
        var descriptors = [
            pollfd(fd: isInputGone ? -1 : input, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&descriptors, 2, timeout)
        if count <= 0 || descriptors[0].revents == 0 { events += decoder.flush() }
        if count > 0 {
            if descriptors[1].revents != 0 { drainWakes() }
            if descriptors[0].revents != 0 { readInput(into: &events) }
        }
        takeSignals(into: &events)
        return events
    }

    package func suspend() {
        guard isOpen, TerminalRestore.disarm() else { return }
        send(Self.modesOff)
        endwin()
        TerminalRestore.stopProcess()
        TerminalRestore.rearm()
        TerminalRestore.hasContinued.store(false, ordering: .relaxed)
        take()
    }

    package func setMouse(_ isOn: Bool) {
        guard isOpen else { return }
        modesOn = (isOn ? Self.mouseOn : "") + Self.pasteOn
        send(isOn ? Self.mouseOn : Self.mouseOff)
    }

    package func copy(_ text: String) {
        guard isOpen else { return }
        let wrapping = Clipboard.Wrapping { getenv($0).map { String(cString: $0) } }
        send(String(decoding: Clipboard.sequence(text, wrapping), as: UTF8.self))
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        guard TerminalRestore.disarm() else { return }
        send(Self.modesOff)
        endwin()
    }

    /// After a stop: the shell had the terminal and left its own picture and modes.
    private func take() {
        reset_prog_mode()
        send(modesOn)
        readSize()
        redraw()
        wrefresh(cn_stdscr())
    }

    private func takeSignals(into events: inout [InputEvent]) {
        if TerminalRestore.hasContinued.exchange(false, ordering: .relaxed) {
            take()
            events.append(.resize(size))
        }
        if TerminalRestore.hasResized.exchange(false, ordering: .relaxed) {
            readSize()
            redraw()
            events.append(.resize(size))
        }
        // Someone's kill -TSTP: the loop suspends as for the key.
        if TerminalRestore.isAskedToStop.exchange(false, ordering: .relaxed) { events.append(.key(.control("z"))) }
    }

    private func readSize() {
        var columns: Int32 = 0
        var rows: Int32 = 0
        guard cn_window_size(output, &columns, &rows) == 0 else { return }
        resize_term(rows, columns)
        size = Size(width: Int(columns), height: Int(rows))
    }

    private func readInput(into events: inout [InputEvent]) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(input, &buffer, buffer.count)
        if count > 0 {
            events += decoder.feed(buffer.prefix(count))
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            // The terminal hung up: nobody will ever press a key again.
            isInputGone = true
            events.append(.key(.control("c")))
        }
    }

    private func drainWakes() {
        var buffer = [UInt8](repeating: 0, count: 256)
        while read(wakeReader, &buffer, buffer.count) == buffer.count {}
    }

    private func send(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
            if written <= 0 { return }
            done += written
        }
    }

    // MARK: Opening

    private static var isLocaleUTF8: Bool {
        nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } == "UTF-8"
    }

    /// Standard input, or the controlling terminal when standard input is something else.
    private static func openInput() throws(CursesFailure) -> UnsafeMutablePointer<FILE> {
        if isatty(STDIN_FILENO) == 1, let file = cn_stdin() { return file }
        guard let file = fopen("/dev/tty", "r") else {
            throw CursesFailure(
                message: "no terminal to read keys from: \(String(cString: strerror(errno)))",
                hint: "standard input is not a terminal and /dev/tty cannot be opened")
        }
        return file
    }

    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        let names = ["TERM", "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"]
        for name in names { values[name] = getenv(name).map { String(cString: $0) } }
        return values
    }

    /// Starts ncurses, with 24-bit colours where the terminal is said to have them and the entry can be compiled.
    private static func open(
        term: String, color: ColorWish, environment: [String: String], input: UnsafeMutablePointer<FILE>
    ) throws(CursesFailure) -> ColorDepth {
        set_escdelay(Int32(escapeDelayMilliseconds))
        // Before newterm nothing is known of the terminal's colours: ask as if it had the best.
        let best = ColorDepth.chosen(
            wish: color, environment: environment, isTerminal: true, terminfoColors: Int.max)
        if best == .trueColor, environment["COLORTERM"] == "truecolor" || environment["COLORTERM"] == "24bit",
            let entry = DirectColorTerminfo(basedOn: term)
        {
            let screen = entry.whileVisible { newterm(DirectColorTerminfo.name, cn_stdout(), input) }
            entry.remove()
            if screen != nil { return .trueColor }
        }
        guard newterm(nil, cn_stdout(), input) != nil else {
            throw CursesFailure(
                message: term.isEmpty ? "TERM is not set" : "no terminfo entry for TERM=\(term)",
                hint: "TERM=xterm-256color suits most terminals")
        }
        let colors = max(0, Int(tigetnum("colors")))
        let depth = ColorDepth.chosen(
            wish: color, environment: environment, isTerminal: true, terminfoColors: colors)
        // Without tic a direct entry is missing: as many colours as ncurses has.
        return depth == .trueColor && colors < 0x10000 ? (colors >= 256 ? .indexed256 : .ansi16) : depth
    }

    /// What endwin() would send, for those who cannot call it.
    private static func restoreSequence() -> [UInt8] {
        var bytes = Array(modesOff.utf8)
        for name in ["sgr0", "op", "rmcup", "cnorm"] {
            guard let text = tigetstr(name), Int(bitPattern: text) != -1 else { continue }
            bytes += withoutPadding(Array(String(cString: text).utf8))
        }
        return bytes
    }

    /// Without the delays `$<5/>` that tputs would have waited.
    static func withoutPadding(_ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x24, index + 1 < bytes.count, bytes[index + 1] == 0x3c,
                let end = bytes[index...].firstIndex(of: 0x3e)
            {
                index = end + 1
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept
    }
}

/// The actions of some signals at one moment.
private struct SignalActions {
    private var actions: [(Int32, sigaction)] = []
    init(_ signals: [Int32]) {
        for signal in signals {
            var action = sigaction()
            sigaction(signal, nil, &action)
            actions.append((signal, action))
        }
    }
    func restore() {
        for (signal, action) in actions {
            var action = action
            sigaction(signal, &action, nil)
        }
    }
}
