// update: one event changes the state and says what is to be done. No clock, no terminal, no waiting.
// Comes after SessionLoop's mailbox; Actions.swift holds what each key does.

import Dashboards
import Frames
import MetricModel
import Querying

package func update(_ state: inout AppState, _ event: AppEvent) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .input(let input): effects += state.take(input)
    case .tick(let now, let utcOffset):
        state.now = now
        state.localOffset = utcOffset
        state.utcOffset = state.isInUTC ? .zero : utcOffset
        state.time.grow(now: now)
        effects += state.targetsWhenDue()
        if let failed = state.variablesFailedAt, now - failed >= AppState.variablesRetryAfter {
            state.areVariablesStale = true
            state.variablesFailedAt = nil
        }
    case .answered(ExploreState.treeID, let generation, let answers, _, _, let took):
        state.takeTree(answers, took: took, generation: generation)
    case .answered(let panel, let generation, let answers, let explanations, let laterBy, _):
        state.take(answers, explanations, laterBy: laterBy, of: panel, generation: generation)
    case .targets(let targets): state.take(targets)
    case .variables(let variables, let notices, let generation):
        guard generation == state.variablesGeneration else { break }
        state.setVariables(variables)
        state.variablesFailedAt = notices.isEmpty || state.isStill ? nil : state.now
        if let notice = notices.first { state.message = AppState.Message(text: notice, isError: true) }
    case .notice(let notice):
        state.message = AppState.Message(text: notice.text, isError: notice.isError)
        state.note(notice)
    case .words(let words, let question): state.take(words, of: question)
    case .listedTargets(let outcome): state.take(listedTargets: outcome)
    case .page(let outcome, let target): state.take(outcome, of: target)
    case .alerts(.success(let alerts)): state.take(alerts: alerts)
    case .alerts(.failure(let failure)):
        state.isFetchingAlerts = false
        state.complain(failure)
    case .metrics(.success(let metrics)):
        state.isFetchingMetrics = false
        state.take(metrics: metrics)
    case .courses(.success(let courses)): state.take(courses: courses)
    case .metrics(.failure(let failure)):
        state.isFetchingMetrics = false
        if !state.isFetchUnasked || state.screen == .metrics { state.complain(failure) }
    case .courses(.failure(let failure)):
        state.courseFailed()
        state.complain(failure)
    case .automatic(let outcome): state.take(automatic: outcome)
    case .offered(let offers): state.take(offers)
    case .opened(let offer, let outcome): state.take(outcome, of: offer)
    case .unshelved(let outcome): state.take(unshelved: outcome)
    case .mark(let text, let time): state.mark(text, at: time ?? state.now)
    case .end: effects.append(.quit)
    }
    state.refreshMatches()
    state.keepFocusValid()
    state.keepScrollValid()
    effects += state.explore.unremembered.map { .remember($0) }
    state.explore.unremembered = []
    return effects + state.variableQuestions() + state.questions() + state.screenQuestions() + state.exploreQuestions()
}

extension AppState {
    fileprivate mutating func take(_ input: InputEvent) -> [Effect] {
        switch input {
        case .resize(let size):
            self.size = size
            relayout()
            keepScrollValid()
            return []
        case .mouse(let mouse):
            take(mouse)
            return []
        case .paste(let text):
            let line = String(text.prefix { !$0.isNewline }.filter { !$0.isControl })
            if let before = prompt?.text {
                prompt?.text = String((before + line).prefix(Prompt.lengthMost))
            } else if picker != nil {
                pasteIntoPicker(line)
            } else if screen == .explore, explore.isEditing {
                explore.insert(text)
            }
            return []
        case .key(let key): return take(key)
        }
    }

    private mutating func take(_ key: Key) -> [Effect] {
        message = nil
        // These two work wherever one is.
        if key == .control("c") { return [.quit] }
        if key == .control("z") { return [.suspend] }
        if prompt != nil { return takePrompt(key) }
        if picker != nil { return takePicker(key) }
        if pendingKeys.isEmpty, chooser == nil, !isHelpOpen, let effects = takeInExplore(key) { return effects }
        let sequence = pendingKeys + [key]
        pendingKeys = []
        switch keys.look(up: sequence) {
        case .action(.series): takeSeries(sequence, .series)
        case .action(.onlySeries): takeSeries(sequence, .onlySeries)
        case .action(let action): return perform(action)
        case .prefix: pendingKeys = sequence
        case .nothing:
            // Escape and a key right behind it arrive as one key with Alt where the line is slow: both were meant.
            if case .alt(let character) = key, sequence.count == 1 {
                return take(.escape) + take(.character(character))
            }
            if sequence.count > 1, key != .escape {
                let help = keys.hint(.help).map { "; \($0) lists the keys" } ?? ""
                message = Message(text: "\(KeyMap.name(of: sequence)) means nothing here\(help)", isError: false)
            }
        }
        return []
    }

    /// The first of the action's keys means the first series of the panel with the focus, by their colours' order.
    private mutating func takeSeries(_ sequence: [Key], _ action: Action) {
        guard chooser == nil, !isHelpOpen, !screen.isList, let place = keys.place(of: sequence, in: action) else {
            return
        }
        if action == .series { toggleSeries(place + 1) } else { showOnlySeries(place + 1) }
    }

    private mutating func takePrompt(_ key: Key) -> [Effect] {
        if let effects = takePaletteKey(key) { return effects }
        let effects = takePromptKey(key)
        // A list narrows as one types.
        if let prompt, prompt.kind == .filter { lists[screen, default: ListState()].filter = prompt.text }
        if let prompt, case .panelFilter(let id) = prompt.kind { setFilter(prompt.text, of: id) }
        return effects
    }

    private mutating func takePromptKey(_ key: Key) -> [Effect] {
        switch key {
        case .character(let character):
            if let count = prompt?.text.utf8.count, count < Prompt.lengthMost { prompt?.text.append(character) }
        case .backspace:
            if prompt?.text.isEmpty == true { prompt = nil } else { prompt?.text.removeLast() }
        case .control("u"): prompt?.text = ""
        case .escape:
            if prompt?.kind == .filter { lists[screen]?.filter = "" }
            if case .panelFilter(let id)? = prompt?.kind { setFilter("", of: id) }
            prompt = nil
        case .enter:
            guard let prompt else { return [] }
            self.prompt = nil
            switch prompt.kind {
            case .command: return run(command: prompt.text)
            case .variable(let name): set(name, to: [prompt.text])
            case .filter: lists[screen, default: ListState()].filter = prompt.text
            case .panelFilter(let id): endFilter(of: id)
            }
        default: break
        }
        return []
    }

    private mutating func take(_ mouse: Mouse) {
        let isWheel = mouse.action == .wheelUp || mouse.action == .wheelDown
        // What lies on top is not clicked through.
        if !isWheel, isHelpOpen || chooser != nil || picker != nil || prompt != nil {
            dragStart = nil
            scrubDrag = nil
            return
        }
        if isWheel, zoomByWheel(mouse) { return }
        switch mouse.action {
        case .wheelUp where picker != nil: picker?.move(by: -3)
        case .wheelDown where picker != nil: picker?.move(by: 3)
        case .wheelUp where chooser != nil: _ = performInChooser(.focusUp)
        case .wheelDown where chooser != nil: _ = performInChooser(.focusDown)
        case .wheelUp where screen.isList && !isHelpOpen: _ = performInList(.focusUp)
        case .wheelDown where screen.isList && !isHelpOpen: _ = performInList(.focusDown)
        case .press where screen.isList: pressInList(mouse)
        case .wheelUp: if isHelpOpen { helpScroll = max(0, helpScroll - 3) } else { scroll(by: -3) }
        case .wheelDown: if isHelpOpen { helpScroll += 3 } else { scroll(by: 3) }
        case .press:
            if hasTabsLine, chooser == nil, !isHelpOpen, mouse.y == body.y - 1, let tab = tab(atColumn: mouse.x) {
                showTab(tab)
                return
            }
            if hasVariablesLine, chooser == nil, picker == nil, !isHelpOpen, mouse.y == 1 {
                if let variable = variable(atColumn: mouse.x) { openValues(of: variable) }
                return
            }
            if pressScrubBar(mouse) || clickInPanel(mouse) { return }
            if screen == .explore {
                explore.isEditing = mouse.y < exploreArea.y
                dragStart = time(at: mouse).map { (ExploreState.graphID, $0) }
                return
            }
            guard !isHelpOpen, chooser == nil, picker == nil, body.contains(x: mouse.x, y: mouse.y) else { return }
            if let fullScreen {
                dragStart = time(at: mouse).map { (fullScreen, $0) }
                return
            }
            let y = mouse.y - body.y + scroll
            guard let hit = placements.first(where: { $0.rect.contains(x: mouse.x - body.x, y: y) }) else { return }
            focus = hit.panel.id
            if hit.panel.isRow { toggleRow(hit.panel.id) }
            dragStart = time(at: mouse).map { (hit.panel.id, $0) }
        case .drag where scrubDrag != nil: dragScrubBar(mouse)
        case .release where scrubDrag != nil: scrubDrag = nil
        case .drag: if dragStart != nil, let time = time(at: mouse) { crosshair = time }
        case .release: release(mouse)
        }
    }

    /// Over a graph that fills the screen, over Explore's, and with Control over any: a wheel zooms about the pointer.
    private mutating func zoomByWheel(_ mouse: Mouse) -> Bool {
        guard !isHelpOpen, chooser == nil, picker == nil, prompt == nil, screen == .dashboard || screen == .explore,
            fullScreen != nil || screen == .explore || mouse.modifiers.contains(.control),
            let moment = time(at: mouse)
        else { return false }
        time.zoom(isIn: mouse.action == .wheelUp, about: moment, now: now)
        return true
    }

    private mutating func pressInList(_ mouse: Mouse) {
        let row = mouse.y - body.y - 1
        guard !isHelpOpen, picker == nil, row >= 0, row < listRows else { return }
        let count = matches.count
        let place = firstListRow(count) + row
        guard place < count else { return }
        // A second click opens what the first one chose.
        if lists[screen]?.selected == place { _ = performInList(.open) }
        lists[screen, default: ListState()].selected = place
    }

    /// A drag over a graph takes that stretch of time; a click puts the crosshair there, or away again.
    private mutating func release(_ mouse: Mouse) {
        guard let (panel, start) = dragStart else { return }
        dragStart = nil
        guard let end = time(at: mouse),
            let width = visiblePlacements.first(where: { $0.panel.id == panel })?.rect.width
        else { return }
        let length = (max(start, end) - min(start, end))
        let column = time.range(now: now).length.count / Int64(max(1, width))
        if length.count <= column * 2 {
            crosshair = crosshair == nil ? end : nil
        } else {
            crosshair = nil
            // A pointer is not as exact as a millisecond, and nobody wants to read one.
            let grain: Int64 = length >= .seconds(10) ? 1000 : 1
            let rounded = Milliseconds((length.count + grain / 2) / grain * grain)
            time = TimeView(length: rounded, anchor: .history(end: max(start, end)))
        }
    }

    /// The moment under the pointer, on a graph.
    private func time(at mouse: Mouse) -> Timestamp? {
        guard let hit = visiblePlacements.first(where: { $0.rect.contains(x: mouse.x, y: mouse.y) }) else { return nil }
        return graphTime(atColumn: mouse.x, in: hit)
    }

    // MARK: Questions and answers

    fileprivate mutating func targetsWhenDue() -> [Effect] {
        // A server's targets are its own affair.
        if isFetchingTargets || sourceName != nil { return [] }
        // How the targets fare is news whatever the refresh.
        let interval = min(refreshNow ?? .seconds(1), firstScrape == nil ? .seconds(1) : .seconds(5))
        if let last = targetsFetchedAt, !isDue(since: last, every: interval) { return [] }
        isFetchingTargets = true
        targetsFetchedAt = now
        return [.fetchTargets]
    }

    /// A tick comes a few milliseconds early or late; a tenth of the interval is no reason to wait for the next.
    private func isDue(since last: Timestamp, every interval: Milliseconds) -> Bool {
        let passed = now - last
        return passed.count < 0 || passed.count >= interval.count - interval.count / 10
    }

    /// A graph has its points at multiples of the step: between two of them it would be drawn as before.
    private func hasNewPoint(_ panel: Panel, _ plan: PanelQueryPlan?, since last: Timestamp) -> Bool {
        guard panel.kind.isGraph, let step = plan?.queries.map(\.step).min(), step.count > 0, now > last
        else { return true }
        return now.milliseconds / step.count != last.milliseconds / step.count
    }

    /// Whether the variables as they are chosen now make other questions of the panel than those asked last.
    private mutating func hasOtherQuestions(
        _ panel: Panel, _ panelState: inout PanelState, _ range: TimeRange, _ width: Int
    ) -> Bool {
        guard panelState.variablesRevision != variablesRevision else { return false }
        panelState.variablesRevision = variablesRevision
        guard let before = panelState.plan else { return true }
        let plan = plan(panel, range: range, widthCells: width)
        if plan.words(of: panel) != before.words(of: panel) { return true }
        panelState.picture?.variablesRevision = variablesRevision
        panels[panel.id] = panelState
        return false
    }

    /// Questions under way of panels that nobody looks at any more; they are put again when somebody does.
    private mutating func leave(except wanted: Set<Int>) -> [Int] {
        var left = panels.filter { $0.value.isInFlight && !wanted.contains($0.key) }.map(\.key)
        for id in left {
            panels[id]?.isInFlight = false
            panels[id]?.askedFor = nil
        }
        if explore.tree.isInFlight, treeRect == nil {
            explore.tree.leave()
            left.append(ExploreState.treeID)
        }
        return left
    }

    /// For every panel on the screen whose last question no longer fits: a new one.
    mutating func questions() -> [Effect] {
        guard areVariablesReady else { return [] }
        let range = time.range(now: now)
        var effects: [Effect] = []
        let placements = visiblePlacements + (annotationPlacement.map { [$0] } ?? []) + pastPlacements
        let left = leave(except: Set(placements.map(\.panel.id)))
        if !left.isEmpty { effects.append(.cancel(left)) }
        for placement in placements where !placement.panel.isRow {
            let panel = placement.panel
            var panelState = panels[panel.id] ?? PanelState(generation: generationFloor)
            let past = Self.isPast(panel.id) ? comparison : nil
            let key = QuestionKey(
                view: time, past: past, widthCells: placement.rect.width, scrapeInterval: scrapeInterval,
                revision: revision)
            if panelState.askedFor == key, !hasOtherQuestions(panel, &panelState, range, placement.rect.width) {
                if panelState.isInFlight { continue }
                guard time.isLive, let refreshNow, let last = panelState.askedAt, isDue(since: last, every: refreshNow),
                    hasNewPoint(panel, panelState.plan, since: last)
                else { continue }
            }
            panelState.generation += 1
            panelState.askedFor = key
            panelState.variablesRevision = variablesRevision
            panelState.askedAt = now
            var plan = plan(panel, range: range, widthCells: placement.rect.width)
            if let past { plan = plan.moved(back: past) }
            panelState.plan = plan
            if plan.queries.isEmpty {
                // Text, and panels that are not drawn: complete without a question.
                panelState.data = dataWithoutQuestion(of: panel, plan)
                panelState.isInFlight = false
            } else {
                panelState.isInFlight = true
                var question = PanelQuestion(
                    panel: panel.id, generation: panelState.generation, queries: plan.queries)
                if case .alertList(let options) = panel.kind { question.alerts = options }
                question.wantsReasons = past == nil && panel.id != Self.annotationsID
                effects.append(.query(question))
            }
            panels[panel.id] = panelState
        }
        return effects
    }

    fileprivate mutating func take(
        _ answers: PanelAnswers, _ explanations: [String: String], laterBy: Milliseconds?, of id: Int, generation: Int
    ) {
        guard var panelState = panels[id], panelState.generation == generation, let plan = panelState.plan,
            let panel = id == Self.annotationsID ? annotationPanel : panel(Self.presentID(of: id))
        else { return }
        panelState.isInFlight = false
        take(answers, askedAt: panelState.askedAt)
        let data = PanelDataBuilder.build(
            panel: panel, plan: plan, results: answers, explanations: explanations)
        if let past = panelState.askedFor?.past {
            take(data, of: id, panelState, past: past)
            return
        }
        panelState.annotations = plan.queries.flatMap { query in
            // A failure is shown by the panel itself.
            (try? answers[query.refID]?.get())?.annotations.map(\.message) ?? []
        }
        let picture = PictureKey(view: panelState.askedFor?.view ?? time, variablesRevision: variablesRevision)
        let silences = answers.values.compactMap(\.silence)
        if let failure = silences.first, silences.count == answers.count, sourceName != nil,
            panelState.picture == picture, let before = panelState.data, !before.isEmpty, before.failure == nil
        {
            panelState.trouble = failure.description
            panels[id] = panelState
            return
        }
        panelState.trouble = nil
        panelState.answeredAt = now
        panelState.picture = picture
        // Alerts that are gone are no picture to keep.
        if data.isEmpty, isAnyTargetDown, !panel.kind.isAlertList, let before = panelState.data, !before.isEmpty,
            time.isLive
        {
            panelState.isKept = true
        } else {
            panelState.data = data
            panelState.laterBy = laterBy
            panelState.isKept = false
            if !data.isEmpty { foundAfterAll(id) }
        }
        panels[id] = panelState
    }
}

extension AppState {
    /// What the answers say of the server itself. The first failure is told once, in the line at the bottom.
    fileprivate mutating func take(_ answers: PanelAnswers, askedAt: Timestamp?) {
        guard sourceName != nil, !answers.isEmpty else { return }
        var failures = answers.values.compactMap(\.silence)
        if failures.count < answers.count { sourceAnsweredAt = now }
        // Who answered others meanwhile is there: it is the question that takes too long.
        if let askedAt, let sourceAnsweredAt, sourceAnsweredAt > askedAt { failures.removeAll { $0.kind == .timeout } }
        let before = sourceFailure
        sourceFailure = failures.first { $0.kind == .unavailable }?.kind ?? failures.first?.kind
        if before == nil, let failure = failures.first {
            message = Message(text: failure.description, isError: true)
            sourceComplaint = failure.description
        } else if before != nil, sourceFailure == nil, message?.text == sourceComplaint {
            message = nil
        }
    }
}

extension Result<QueryResult, QueryFailure> {
    /// A failure that says nothing about the question: nobody was there, or nobody answered in time.
    fileprivate var silence: QueryFailure? {
        guard case .failure(let failure) = self, [.unavailable, .timeout].contains(failure.kind) else { return nil }
        return failure
    }
}

extension Character {
    /// True for what must never reach a terminal.
    var isControl: Bool {
        unicodeScalars.contains { $0.value < 0x20 || ($0.value >= 0x7f && $0.value < 0xa0) }
    }
}
