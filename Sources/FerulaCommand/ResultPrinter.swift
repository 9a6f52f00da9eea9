// A query's answer in the form that `-o` asks for.

import Frames
import Glibc
import MetricModel
import Panels
import Querying

struct ResultPrinter {
    var form: OutputForm
    var showsHeader: Bool

    func print(_ result: QueryResult) throws(QueryFailure) -> [UInt8] {
        switch form {
        case .json: try APIJSON.answer(result) + [0x0a]
        case .table: Array(ResultRows(result.value).table(showsHeader: showsHeader).utf8)
        case .csv: Array(ResultRows(result.value).csv(showsHeader: showsHeader).utf8)
        case .tsv: Array(ResultRows(result.value).tsv(showsHeader: showsHeader).utf8)
        case .graph: graph(result.value)
        }
    }

    /// One chart of all series; an instant answer is printed as a table, it has nothing to draw.
    private func graph(_ value: QueryValue) -> [UInt8] {
        guard case .matrix(let matrix) = value, let start = matrix.compactMap(\.timestamps.first).min(),
            let end = matrix.compactMap(\.timestamps.last).max()
        else { return Array(ResultRows(value).table(showsHeader: showsHeader).utf8) }
        let series = matrix.compactMap { series in
            series.samples.floats.map {
                ChartSeries(name: series.labels.description, timestamps: series.timestamps, values: $0)
            }
        }
        let distances = matrix.flatMap { series in
            zip(series.timestamps.dropFirst(), series.timestamps).map { $0 - $1 }
        }
        let chart = Chart(series: series, start: start, end: end, step: distances.min() ?? .seconds(1))
        let isTerminal = isatty(1) == 1
        let output = OutputTerminal.detect()
        let context = PaintContext(
            capabilities: output.capabilities, timeZoneOffsetSeconds: Int(Clock.localOffset(end).count / 1000))
        let size = Size(width: output.columns, height: min(24, max(12, 10 + series.count)))
        let frame = ChartPainter.frame(chart, size: size, context: context)
        let text = isTerminal ? frame.ansiText(depth: output.capabilities.colors) : frame.plainText
        return Array(text.utf8)
    }
}

/// What standard output can show, for text that is printed and not drawn.
struct OutputTerminal {
    var columns: Int
    var capabilities: TerminalCapabilities

    /// Width from COLUMNS or the terminal, else 80; colours only on a terminal.
    static func detect() -> OutputTerminal {
        var size = winsize()
        var columns = 80
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { columns = Int(size.ws_col) }
        if let text = environment("COLUMNS"), let number = Int(text), number > 0 { columns = min(number, 1000) }
        return OutputTerminal(
            columns: columns, capabilities: TerminalCapabilities(colors: isatty(1) == 1 ? .indexed256 : .none))
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
