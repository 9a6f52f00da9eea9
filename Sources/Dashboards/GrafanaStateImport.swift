// State timelines and status histories of Grafana's JSON.
// Part of GrafanaImport; StateTimelinePainter draws what is read here.

extension GrafanaImport {
    func stateTimeline(_ options: ImportNode, isHistory: Bool) -> StateTimelineOptions {
        options.reportSettings(.stateTimelineOption)
        var states = StateTimelineOptions()
        states.isHistory = isHistory
        states.mergesValues = !isHistory && options.bool("mergeValues") ?? true
        switch options.string("showValue") {
        case "always": states.valueText = .always
        case "never": states.valueText = .never
        default: states.valueText = .whereItFits
        }
        switch options.string("alignValue") {
        case "left" where !isHistory: states.alignment = .left
        case "right" where !isHistory: states.alignment = .right
        default: states.alignment = .center
        }
        states.legend = legend(options.objectOrEmpty("legend"))
        return states
    }

    /// Without a word in the file, states are coloured from green to red, and samples by threshold.
    ///
    /// Source: Grafana, panels/state-timeline/module.tsx and panels/status-history/module.tsx.
    func completeStates(_ defaults: ImportNode, _ options: StateTimelineOptions, _ panel: inout Panel) {
        if defaults.raw("color") == nil, panel.fields.color == .paletteClassic {
            panel.fields.color = options.isHistory ? .thresholds : .continuous("continuous-GrYlRd")
        }
        if defaults.raw("thresholds") == nil, panel.fields.thresholds.steps.isEmpty {
            panel.fields.thresholds.steps = [
                Thresholds.Step(value: -.infinity, color: "green"), Thresholds.Step(value: 80, color: "red"),
            ]
        }
    }
}
