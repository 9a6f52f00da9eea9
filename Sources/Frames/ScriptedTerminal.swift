// A terminal for tests: input comes from a script, frames are kept.
// Stands where CursesTerminal stands in the program.

import Synchronization

public final class ScriptedTerminal: Terminal {
    public private(set) var size: Size
    public let capabilities: TerminalCapabilities
    /// One batch for each wait; a resize in it takes effect when it is handed out.
    public private(set) var script: [[InputEvent]]
    public private(set) var frames: [Frame] = []
    /// The timeouts asked for, one a wait.
    public private(set) var waits: [Int?] = []
    public private(set) var suspensions = 0
    /// Each text that was copied.
    public private(set) var copies: [String] = []
    /// Nil: never told.
    public private(set) var isMouseOn: Bool?
    public private(set) var isClosed = false
    private let wakes = WakeCounter()

    public init(
        size: Size, capabilities: TerminalCapabilities = TerminalCapabilities(), script: [[InputEvent]] = []
    ) {
        self.size = size
        self.capabilities = capabilities
        self.script = script
    }

    public var lastFrame: Frame? { frames.last }
    public var wakeCount: Int { wakes.count.load(ordering: .acquiring) }

    public func append(_ events: [InputEvent]) { script.append(events) }

    public func present(_ frame: Frame) { frames.append(frame) }

    /// Never waits: the next batch, or nothing once the script has run out.
    public func waitForInput(timeoutMilliseconds: Int?) -> [InputEvent] {
        waits.append(timeoutMilliseconds)
        guard !script.isEmpty else { return [] }
        let batch = script.removeFirst()
        for case .resize(let newSize) in batch { size = newSize }
        return batch
    }

    public var wake: @Sendable () -> Void {
        let wakes = wakes
        return { wakes.count.add(1, ordering: .acquiringAndReleasing) }
    }

    public func suspend() { suspensions += 1 }
    public func setMouse(_ isOn: Bool) { isMouseOn = isOn }
    public func copy(_ text: String) { copies.append(text) }
    public func close() { isClosed = true }
}

private final class WakeCounter: Sendable {
    let count = Atomic<Int>(0)
}
