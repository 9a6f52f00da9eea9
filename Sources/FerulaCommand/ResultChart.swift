// `-o graph`: a range as one chart of all its series, an instant answer as bars.
// Drawn by Panels and Frames, printed as text; colours only where ColorDepth allows them.

import Dashboards
import Frames
import Glibc
import MetricModel
import Panels
import PromQLSyntax
import Querying

struct ResultChart {
    var printer: ResultPrinter

    func text(_ answer: Answer) -> String {
        switch answer.result.value {
        case .matrix(let series) where !series.isEmpty: return text(of: chart(series, answer))
        case .vector(let elements) where !elements.isEmpty:
            return text(of: bars(elements, answer.query))
        case .scalar, .string, .vector, .matrix: return printer.table(answer)
        }
    }

    private func text(of frame: Frame) -> String {
        let depth = printer.output.capabilities.colors
        return depth == .none ? frame.plainText : frame.ansiText(depth: depth)
    }

    private func chart(_ matrix: [Series], _ answer: Answer) -> Frame {
        let names = Self.legend(matrix.map(\.labels), otherwise: answer.query)
        let series = zip(matrix, names).map { series, name in
            let (shown, values) = Self.numbers(series)
            return ChartSeries(
                name: shown.map { "\($0) of \(name)" } ?? name, timestamps: series.timestamps, values: values)
        }
        let distances = matrix.flatMap { series in
            zip(series.timestamps.dropFirst(), series.timestamps).map { $0 - $1 }
        }
        let chart = Chart(
            series: series, start: answer.start, end: answer.end, step: answer.step ?? distances.min() ?? .seconds(1),
            unit: UnitGuess.unit(of: answer.query), title: answer.query)
        let context = PaintContext(
            capabilities: printer.output.capabilities,
            timeZoneOffsetSeconds: Int(printer.zone.offset(answer.end).count / 1000))
        let size = Size(width: printer.output.columns, height: min(24, max(14, 11 + series.count)))
        return ChartPainter.frame(chart, size: size, context: context)
    }

    /// A histogram has many numbers and a line has one: its mean is drawn, and the legend says so.
    private static func numbers(_ series: Series) -> (what: String?, values: [Double]) {
        if let floats = series.samples.floats { return (nil, floats) }
        let values = series.timestamps.indices.map { index -> Double in
            switch series.samples[index] {
            case .float(let number): number
            case .histogram(let histogram): histogram.sum / histogram.count
            }
        }
        return ("mean", values)
    }

    /// What tells the series apart: labels that all share are left out; one that is left stands without its name.
    static func legend(_ sets: [LabelSet], otherwise query: String) -> [String] {
        guard let first = sets.first else { return [] }
        guard sets.count > 1 else { return [first.isEmpty ? query : first.description] }
        let shared = first.labels.filter { label in sets.allSatisfy { $0[label.name] == label.value } }.map(\.name)
        let telling = sets.map { $0.without(shared) }
        let names = Set(telling.flatMap { $0.labels.map(\.name) })
        guard names.count == 1, let name = names.first else { return telling.map(\.description) }
        return telling.map { $0[name] ?? "\(name)=\"\"" }
    }

    // MARK: An instant answer

    /// `name  ██████▌  value`, a row an element, bars from zero; negative ones are drawn by their size and keep their sign.
    private func bars(_ elements: [VectorElement], _ query: String) -> Frame {
        let names = Self.legend(elements.map(\.labels), otherwise: query).map(\.withoutControlCharacters)
        let numbers = elements.map { element -> Double in
            switch element.value {
            case .float(let number): number
            case .histogram(let histogram): histogram.sum / histogram.count
            }
        }
        let values = elements.map { element -> String in
            switch element.value {
            case .float(let number): ReadableNumber.text(number)
            case .histogram(let histogram):
                "mean " + ReadableNumber.text(histogram.sum / histogram.count)
            }
        }
        let width = printer.output.columns
        let valueWidth = values.map(TextWidth.cells).max() ?? 0
        let nameWidth = min(names.map(TextWidth.cells).max() ?? 0, max(8, width / 2))
        let room = max(0, width - nameWidth - valueWidth - 4)
        let most = numbers.filter(\.isFinite).map(\.magnitude).max() ?? 0
        let theme = PaintTheme.standard(for: printer.output.capabilities.colors)
        var frame = Frame(size: Size(width: width, height: elements.count))
        for (row, number) in numbers.enumerated() {
            frame.draw(names[row], x: 0, y: row, width: nameWidth, style: theme.text)
            if number.isFinite, most > 0 {
                let eighths = Int(number.magnitude / most * Double(room * 8))
                frame.drawBar(
                    x: nameWidth + 2, y: row, width: room, eighths: max(number == 0 ? 0 : 1, eighths),
                    style: Style(foreground: number < 0 ? theme.bad : theme.accent))
            }
            frame.draw(
                values[row], x: nameWidth + 4 + room, y: row, width: valueWidth, style: theme.text, alignment: .right)
        }
        if !printer.output.capabilities.isUnicode { frame.reduceToASCII(in: frame.bounds) }
        return frame
    }
}

/// A unit of Grafana's for what an expression yields, from the names of what it reads; nil where names say nothing.
enum UnitGuess {
    static func unit(of query: String) -> String? {
        // Only well-formed queries have answers to draw.
        (try? Expression(parsing: query)).flatMap(unit)
    }

    private static func unit(_ expression: Expression) -> String? {
        switch expression {
        case .vectorSelector(let node): return node.metricName.flatMap(unit(ofMetric:))
        case .matrixSelector(let node): return node.selector.metricName.flatMap(unit(ofMetric:))
        case .aggregation(let node):
            switch node.operation {
            case .sum, .min, .max, .avg, .topk, .bottomk, .quantile, .stddev, .limitk, .limitRatio:
                return unit(node.expression)
            case .group, .stdvar, .count, .countValues: return nil
            }
        case .call(let node):
            switch node.function.rawValue {
            case "rate", "irate", "deriv": return node.arguments.first.flatMap(unit).map(perSecond)
            case "increase", "delta", "idelta", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time",
                "last_over_time", "quantile_over_time", "abs", "ceil", "floor", "round", "clamp", "clamp_min",
                "clamp_max", "sort", "sort_desc":
                return node.arguments.compactMap(unit).first
            case "histogram_quantile":
                // Of the bucket's bounds: seconds stay seconds, whatever the rate of their counts is.
                return node.arguments.last.flatMap { MetricNames.read(by: $0).first }.flatMap(unit(ofMetric:))
            default: return nil
            }
        case .unary(let node): return unit(node.expression)
        case .parenthesized(let node): return unit(node.expression)
        case .subquery(let node): return unit(node.expression)
        case .binary(let node) where node.operation.isComparison && !node.returnsBool: return unit(node.left)
        case .binary(let node) where node.operation == .add || node.operation == .subtract:
            let (left, right) = (unit(node.left), unit(node.right))
            return left == right ? left : nil
        case .binary, .number, .string: return nil
        }
    }

    private static func perSecond(_ unit: String) -> String {
        switch unit {
        case "bytes": "binBps"
        case "s": "percentunit"
        default: unit
        }
    }

    private static func unit(ofMetric name: String) -> String? {
        var name = name[...]
        if name.hasSuffix("_count") { return nil }
        for suffix in ["_total", "_sum", "_bucket"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        if name.hasSuffix("_bytes") { return "bytes" }
        if name.hasSuffix("_ratio") { return "percentunit" }
        if name.hasSuffix("_celsius") { return "celsius" }
        if name.hasSuffix("timestamp_seconds") || name.hasSuffix("_time_seconds") { return nil }
        return name.hasSuffix("_seconds") ? "s" : nil
    }
}

/// What standard output can show, for text that is printed and not drawn.
struct OutputTerminal {
    var columns: Int
    var capabilities: TerminalCapabilities

    /// Width from COLUMNS or the terminal, else 80. Colours by `--color`, NO_COLOR and their kin; ASCII where the
    /// locale says that UTF-8 is not understood.
    static func detect(color: ColorWish = .auto) -> OutputTerminal {
        var size = winsize()
        var columns = 80
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { columns = Int(size.ws_col) }
        if let text = environment("COLUMNS"), let number = Int(text), number > 0 { columns = min(number, 1000) }
        var known: [String: String] = [:]
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR", "TERM", "COLORTERM"] {
            known[name] = environment(name)
        }
        let depth = ColorDepth.chosen(
            wish: color, environment: known, isTerminal: isatty(1) == 1,
            terminfoColors: known["TERM"] == nil ? 0 : 8)
        return OutputTerminal(
            columns: columns, capabilities: TerminalCapabilities(colors: depth, isUnicode: isUnicode))
    }

    /// A locale that is not named at all is taken for UTF-8, as containers and cron have it.
    private static var isUnicode: Bool {
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment($0) }.first { !$0.isEmpty }
        guard let name = name?.lowercased() else { return true }
        return name.contains("utf-8") || name.contains("utf8")
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
