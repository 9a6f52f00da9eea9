// render: the state as a frame. Pure; the same state gives the same cells.
// Comes after update; Panels paint the panels, this file and Help.swift the rest.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying

/// As `AppState.size` says.
package func render(_ state: AppState) -> Frame {
    var renderer = Renderer()
    return renderer.render(state)
}

extension AppState {
    /// The lines around the panels, and what lies on top of them.
    func drawSurroundings(on frame: inout Frame) {
        if screen.isList { drawList(into: &frame) }
        if screen == .explore {
            drawTree(into: &frame)
            drawExplore(into: &frame)
        }
        if screen == .dashboard, placements.isEmpty, !body.isEmpty {
            let text = StyledText("This dashboard has no panels.", chrome.dim)
            frame.put(text, x: max(0, (size.width - text.width) / 2), y: body.y + body.height / 2)
        }
        for (index, note) in (fullScreen == nil || screen != .dashboard ? [] : fullScreenNotes).enumerated() {
            frame.put(StyledText(" " + note, chrome.dim), x: 0, y: fullScreenRect.maxY + index)
        }
        if hasChrome {
            frame.blank(row: 0)
            drawHeader(into: &frame)
            if hasVariablesLine { drawVariables(into: &frame) }
            if hasTabsLine { drawTabs(into: &frame, y: hasVariablesLine ? 2 : 1) }
        }
        drawScrubBar(into: &frame)
        if body.maxY < size.height {
            frame.blank(row: size.height - 1)
            drawFooter(into: &frame)
        }
        if let chooser { drawChooser(chooser, into: &frame) }
        if let picker { drawPicker(picker, into: &frame) }
        if prompt?.kind == .command { drawPalette(into: &frame) }
        if isHelpOpen { drawHelp(into: &frame) }
        if prompt == nil, pendingKeys.isEmpty, let message { draw(message, into: &frame) }
        finish(&frame)
        if !capabilities.isUnicode { frame.reduceToASCII() }
    }
}

/// The styles of what lies around the panels.
struct Chrome {
    let plain = Style.plain
    let bold = Style(attributes: .bold)
    let dim: Style
    let good: Style
    let warning: Style
    let bad: Style
    let accent: Style
    let border: Style

    init(_ theme: PaintTheme) {
        dim = theme.dim
        good = Style(foreground: theme.good)
        warning = Style(foreground: theme.warning, attributes: .bold)
        bad = Style(foreground: theme.bad, attributes: .bold)
        accent = Style(foreground: theme.accent, attributes: .bold)
        border = theme.focusedBorder
    }
}

extension Frame {
    /// A panel that is scrolled half out must not show through the lines around.
    fileprivate mutating func blank(row y: Int) { fill(Rect(x: 0, y: y, width: size.width, height: 1), with: Cell()) }
}

extension AppState {
    var chrome: Chrome { Chrome(theme) }

    // MARK: The line on top

    /// The first of the forms, from the longest to the shortest, that leaves the title its room.
    fileprivate func drawHeader(into frame: inout Frame) {
        for form in 0...HeaderForm.last {
            let form = HeaderForm(form)
            let gap = form.isTight ? 1 : 3
            let left = headerLeft(form)
            let middle = headerMiddle(form)
            let right = headerRight(form)
            let titleLeast = min(left.width, form.isTight ? 8 : 24)
            let isLast = form.level == HeaderForm.last
            guard isLast || titleLeast + gap + middle.width + gap + right.width <= size.width else { continue }
            let rightStart = max(0, size.width - right.width)
            let middleStart = max(0, min(max(form.isWide ? 34 : 0, left.width + gap), rightStart - middle.width - gap))
            frame.put(left, x: 0, y: 0, limit: middleStart - 1)
            frame.put(middle, x: middleStart, y: 0, limit: rightStart)
            frame.put(right, x: rightStart, y: 0)
            return
        }
    }

    /// What is left out of the top line, one thing more at each level.
    private struct HeaderForm {
        static let last = 6
        var level: Int
        init(_ level: Int) { self.level = level }
        var isWide: Bool { level == 0 }
        var hasName: Bool { level < 2 }
        var hasRefresh: Bool { level < 3 }
        var isTight: Bool { level >= 4 }
        var hasClock: Bool { level < 5 }
        var hasTargets: Bool { level < 6 }
    }

    private func headerLeft(_ form: HeaderForm) -> StyledText {
        let name = form.hasName ? StyledText("ferula", chrome.accent) + StyledText("  ") : StyledText()
        return StyledText(" ") + name + StyledText(titleText, chrome.bold)
    }

    private func headerMiddle(_ form: HeaderForm) -> StyledText {
        let gap = form.isTight ? " " : "   "
        var text = StyledText(rangeText(isShort: form.isTight), chrome.bold)
        if isStill { return text }
        if form.hasRefresh { text += StyledText(gap + "↻ " + (refreshNow.map { "\($0)" } ?? "off"), chrome.dim) }
        return text + StyledText(gap) + stateText + comparisonText(isShort: form.isTight, gap: gap)
    }

    private func headerRight(_ form: HeaderForm) -> StyledText {
        var text = form.hasTargets ? targetsText(isShort: !form.isWide) : StyledText()
        guard form.hasClock else { return text + StyledText(" ") }
        if text.width > 0 { text += StyledText(form.isTight ? " " : "   ") }
        text += StyledText(ClockText.time(now, offset: utcOffset), chrome.dim)
        if form.isWide { text += StyledText(" " + ClockText.offset(utcOffset), chrome.dim) }
        return text + StyledText(" ")
    }

    private var titleText: String {
        if screen != .dashboard { return screen.title }
        guard let fullScreen, let panel = panel(fullScreen) else { return titleWithInstance }
        return shown.title + " ▸ " + panel.title
    }

    /// The one machine that is looked at goes with the title, unless the title names it already.
    private var titleWithInstance: String {
        guard targets.count == 1, let instance = targets.first?.labels["instance"], !instance.isEmpty,
            !shown.title.contains(instance)
        else { return shown.title }
        return shown.title + " ▸ " + instance
    }

    /// `now-15m → now`, or the two times with the dates where they are not of today.
    private func rangeText(isShort: Bool) -> String {
        if isShort { return "\(time.length)" }
        if time.isLive { return "now-\(time.length) → now" }
        let range = time.range(now: now)
        let isOneDay = ClockText.date(range.start, offset: utcOffset) == ClockText.date(range.end, offset: utcOffset)
        // Today's date is said only beside another one.
        var day = isDated || !isOneDay ? "" : ClockText.date(now, offset: utcOffset)
        func text(_ moment: Timestamp) -> String {
            let date = ClockText.date(moment, offset: utcOffset)
            let clock = ClockText.time(moment, offset: utcOffset)
            if date == day { return clock }
            // Of one day, its date is said once.
            if isDated { day = date }
            return date + " " + clock
        }
        let start = text(range.start)
        return start + " → " + text(range.end)
    }

    private var stateText: StyledText {
        switch time.anchor {
        case .live:
            if let silence = sourceSilence {
                StyledText(silence.age.map { "○ stale \($0)" } ?? "○ no answer", chrome.warning)
            } else {
                StyledText("● live", refresh == nil ? chrome.dim : chrome.good)
            }
        case .paused: StyledText("‖ paused", chrome.warning)
        case .history: StyledText("◂ history", chrome.warning)
        }
    }

    private func targetsText(isShort: Bool) -> StyledText {
        if let sourceName {
            guard let silence = sourceSilence else { return StyledText("⇄ " + sourceName, chrome.dim) }
            return silence.isUnreachable
                ? StyledText("✗ \(sourceName) unreachable", chrome.bad)
                : StyledText("… \(sourceName) does not answer", chrome.warning)
        }
        guard let first = targets.first else { return StyledText() }
        if let inputName {
            let end = first.lastError
            return StyledText(end.isEmpty || isShort ? inputName : end, end.isEmpty ? chrome.dim : chrome.warning)
        }
        let text = isShort ? "\(targetsUp)/\(targets.count) up" : "\(targetsUp) of \(targets.count) targets up"
        if isAnyTargetDown { return StyledText("✗ " + text, chrome.bad) }
        if targetsUp < targets.count { return StyledText("… " + text, chrome.warning) }
        return StyledText(text, chrome.dim)
    }

    fileprivate func drawVariables(into frame: inout Frame) {
        var x = 1
        for (name, values) in variableWords {
            x = frame.put(name + values, x: x, y: 1) + 3
        }
        if !areVariablesReady { frame.put(StyledText("asking for variables", chrome.dim), x: x, y: 1) }
    }

    /// Name and values of each variable of the line.
    private var variableWords: [(StyledText, StyledText)] {
        visibleVariables.map { variable in
            let values = variable.shownValues
            return (StyledText(variable.shownName + ": ", chrome.dim), StyledText(values.isEmpty ? "—" : values))
        }
    }

    /// The variable that the line names there.
    func variable(atColumn column: Int) -> DashboardVariable? {
        var x = 1
        for (variable, words) in zip(visibleVariables, variableWords) {
            let end = x + words.0.width + words.1.width
            if column >= x, column < end { return variable }
            x = end + 3
        }
        return nil
    }

    // MARK: The line at the bottom

    fileprivate func drawFooter(into frame: inout Frame) {
        let y = size.height - 1
        if let prompt {
            let name =
                switch prompt.kind {
                case .command: StyledText(":")
                case .filter, .panelFilter: StyledText("/", chrome.accent)
                case .variable(let name):
                    StyledText(
                        " " + (document.variables.first { $0.name == name }?.shownName ?? name) + " ", chrome.dim)
                }
            // The end of a long line is where one types.
            let room = max(8, size.width - name.width - 2)
            frame.put(name + StyledText(prompt.text.lastCells(room)) + StyledText("▏", chrome.accent), x: 0, y: y)
        } else if let first = pendingKeys.first {
            drawContinuations(of: first, into: &frame, y: y)
        } else if message == nil {
            drawKeys(into: &frame, y: y)
        }
    }

    /// What may follow the first key of a chord: in the last line, or in as many as it takes.
    private func drawContinuations(of first: Key, into frame: inout Frame, y: Int) {
        let name = StyledText(" \(KeyMap.name(of: first)) ", chrome.accent)
        var lines = [name]
        for (keys, help) in keys.continuations(of: first) {
            let words = StyledText("  ") + StyledText(keys, chrome.bold) + StyledText(" " + help, chrome.dim)
            let isFull = lines[lines.count - 1].width + words.width > size.width
            if isFull, lines[lines.count - 1].width > name.width {
                lines.append(StyledText(String(repeating: " ", count: name.width)))
            }
            lines[lines.count - 1] += words
        }
        let shown = lines.prefix(max(1, y))
        for (row, line) in shown.enumerated() {
            frame.blank(row: y - shown.count + 1 + row)
            frame.put(line, x: 0, y: y - shown.count + 1 + row)
        }
    }

    /// In the last line, or in as many as it takes, over what lies there: an error that is cut says nothing.
    private func draw(_ message: Message, into frame: inout Frame) {
        guard body.maxY < size.height else { return }
        let most = max(1, min(6, size.height / 2))
        var lines = message.text.wrapped(toCells: max(8, size.width - 2))
        if lines.count > most {
            lines[most - 1] = lines[(most - 1)...].joined(separator: " ")
            lines.removeLast(lines.count - most)
        }
        let style = message.isError ? chrome.bad : chrome.plain
        for (row, line) in lines.enumerated() {
            let y = size.height - lines.count + row
            frame.blank(row: y)
            frame.put(StyledText(" " + line, style), x: 0, y: y)
        }
    }

    /// The first key of each of the actions; empty when they have none.
    func hint(_ actions: Action...) -> String { actions.compactMap { keys.hint($0) }.joined(separator: " ") }

    /// The key that leads to the other screens.
    private var screensHint: String { keys.chordStart(of: .home) ?? "" }

    /// The keys that matter here; those that do not fit are left out from the back, `q` never.
    private func drawKeys(into frame: inout Frame, y: Int) {
        let focusIsRow = focus.flatMap { panel($0) }?.isRow ?? false
        let isList = focus.flatMap { panels[$0]?.data?.listedChoices.isEmpty } == false
        var keys = [(hint(.help), "help")]
        if isHelpOpen {
            keys += [(hint(.back), "close"), (hint(.focusDown, .focusUp), "scroll")]
        } else if picker != nil {
            keys = [("Enter", "take"), ("↓ ↑", "choose")]
        } else if chooser != nil {
            keys += [
                (hint(.open), "open"), (hint(.back), "close"), (hint(.focusDown, .focusUp), "choose"),
            ]
        } else if screen == .explore {
            keys =
                explore.isEditing
                ? [
                    ("Enter", "run"), ("Tab", "take proposal"), ("↑ ↓", "history"), ("^U", "clear"),
                    ("Esc", "leave the query"),
                ]
                : [(hint(.explore), "edit")] + treeKeys + [
                    (hint(.crosshair), "crosshair"), (hint(.zoomIn, .zoomOut), "zoom"),
                    (hint(.panBack, .panForward), "pan"), (hint(.back), "back"), (screensHint, "go to"),
                ]
        } else if crosshair != nil, screen == .dashboard {
            keys += [
                (hint(.focusLeft, .focusRight), "move"), (hint(.panBack, .panForward), "by ten"),
                (hint(.back), "end"), (hint(.zoomIn, .zoomOut), "zoom"), (hint(.command) + "mark", "mark this moment"),
            ]
        } else if screen != .dashboard {
            keys += [(hint(.open), screen == .metrics ? "show" : "details"), (hint(.search), "filter")]
            if screen == .targets { keys.insert((hint(.page), "raw page"), at: 2) }
            if screen == .page { keys.insert((hint(.refresh), "fetch again"), at: 2) }
            keys += [(hint(.focusDown, .focusUp), "choose"), (hint(.back), "back"), (screensHint, "go to")]
        } else {
            keys +=
                fullScreen != nil
                ? [(hint(.back), "back"), (hint(.focusNext), "next panel")]
                : [
                    (hint(.focusNext), "focus"),
                    (hint(.open), focusIsRow ? "open row" : isList ? "choose" : "full screen"),
                ]
            keys += [(hint(.zoomIn, .zoomOut), "zoom"), (hint(.panBack, .panForward), "pan")]
            if time.isLive { keys.append((hint(.pause), "pause")) }
            keys += [(hint(.refresh), "refresh"), (hint(.command), "command")]
            if document.tabs.count > 1 { keys.insert((hint(.previousTab, .nextTab), "tab"), at: 2) }
            if hasLinks { keys.insert((hint(.links), "links"), at: 3) }
            if fullScreen == nil, !visibleVariables.isEmpty { keys.insert((hint(.variables), "variables"), at: 1) }
            if !visits.isEmpty { keys.insert((hint(.previousDashboard), "back"), at: 1) }
            // Whoever stands still wants to know the way back.
            if !time.isLive { keys.insert((hint(.live), "live"), at: 1) }
        }
        let last =
            if picker != nil {
                StyledText("Esc", chrome.bold) + StyledText(" close ", chrome.dim)
            } else if screen == .explore, explore.isEditing {
                StyledText("^C", chrome.bold) + StyledText(" quit ", chrome.dim)
            } else {
                StyledText(self.keys.hint(.quit) ?? "^C", chrome.bold)
                    + StyledText(isHelpOpen || chooser != nil ? " close " : " quit ", chrome.dim)
            }
        let lastStart = size.width - last.width
        var x = 1
        for (key, help) in keys where !key.isEmpty {
            let text = StyledText(key, chrome.bold) + StyledText(" " + help, chrome.dim)
            guard x + text.width + 2 <= lastStart else { break }
            x = frame.put(text, x: x, y: y) + 2
        }
        if lastStart >= 0 { frame.put(last, x: lastStart, y: y) }
    }
}
