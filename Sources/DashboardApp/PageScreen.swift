// The raw page of a target: what it answers now, line by line, with the list's filter.
// Opened by `w` on a target; fetched by the scraper, which knows its credentials.

import Dashboards
import Frames
import MetricModel
import Querying

/// A target's answer in lines, cut where it was fetched: the interface's thread has no time for it.
package struct PageLines: Sendable {
    package var contentType: String
    package var byteCount: Int
    /// Of the whole page.
    package var lineCount: Int
    package var lines: [String]
    /// More are counted, not shown.
    static let linesMost = 50_000
    /// Longer ones are cut; nothing a person reads is that long.
    static let lineMost = 4_000

    package init(_ page: TargetPage) {
        contentType = page.contentType
        byteCount = page.body.count
        let feed = UInt8(ascii: "\n")
        lineCount = page.body.count { $0 == feed } + (page.body.isEmpty || page.body.last == feed ? 0 : 1)
        lines = []
        var rest = page.body[...]
        while lines.count < Self.linesMost, !rest.isEmpty {
            let line = rest.prefix { $0 != feed }
            // Read as UTF-8 with repairs; control characters never pass the frame.
            lines.append(String(decoding: line.prefix(Self.lineMost), as: UTF8.self))
            rest = rest[line.endIndex...].dropFirst()
        }
    }
}

struct PageState: Sendable {
    var target: TargetStatus
    var isFetching = true
    fileprivate(set) var answer: PageLines?
    fileprivate(set) var failure: String?

    var lines: [String] { answer?.lines ?? [] }

    var emptyWords: String {
        if let failure { return "✗ " + failure }
        return isFetching ? "asking \(target.url)" : "the page is empty"
    }
}

extension AppState {
    mutating func openPage() -> [Effect] {
        guard screen == .targets || screen == .page else {
            message = Message(text: "the raw page is a target's: choose one with g t", isError: false)
            return []
        }
        guard sourceName == nil else {
            message = Message(text: "the pages of a server's targets cannot be had from here", isError: true)
            return []
        }
        guard screen == .targets, let index = selectedIndex, listedTargets.indices.contains(index) else { return [] }
        let target = listedTargets[index]
        page = PageState(target: target)
        matchKey = nil
        lists[.page] = ListState()
        show(.page)
        return [.fetchPage(target)]
    }

    /// One download at a time, however long `r` is held.
    mutating func fetchPageAgain() -> [Effect] {
        guard let page, !page.isFetching else { return [] }
        self.page?.isFetching = true
        return [.fetchPage(page.target)]
    }

    mutating func take(_ outcome: Result<PageLines, QueryFailure>, of target: TargetStatus) {
        guard var page, page.target.url == target.url, page.target.labels == target.labels else { return }
        page.isFetching = false
        switch outcome {
        case .failure(let failure):
            page.failure = failure.description
            page.answer = nil
        case .success(let answer):
            page.failure = nil
            page.answer = answer
        }
        self.page = page
        listRevision += 1
    }

    /// One column, which says what the page is.
    var pageColumns: [ListColumn] {
        guard let page else { return [] }
        var words = page.target.url
        if let answer = page.answer {
            let size = UnitFormatter.format(Double(answer.byteCount), unit: "bytes")
            words += "  \(answer.lineCount) lines, \(size)"
            if answer.lineCount > answer.lines.count { words += ", the first \(answer.lines.count)" }
            if !answer.contentType.isEmpty { words += "  \(answer.contentType)" }
        }
        return [ListColumn(title: words, mayShrink: true)]
    }

    func pageEntry(_ index: Int) -> ListEntry {
        let line = page?.lines[index] ?? ""
        if line.hasPrefix("#") { return ListEntry(cells: [StyledText(line, chrome.dim)], index: index) }
        // Name and labels, then the value.
        let end = line.lastIndex(of: "}").map { line.index(after: $0) } ?? line.firstIndex(of: " ") ?? line.endIndex
        return ListEntry(
            cells: [StyledText(String(line[..<end])) + StyledText(String(line[end...]), chrome.bold)], index: index)
    }

    /// The whole line, broken where the screen ends.
    func pageDetail(_ index: Int) -> [StyledText] {
        guard let page, page.lines.indices.contains(index) else { return [] }
        return broken(page.lines[index])
    }

    /// Rows as wide as the box of details.
    func broken(_ text: String) -> [StyledText] {
        let width = max(10, size.width - 4)
        var rows: [StyledText] = []
        var row = ""
        var cells = 0
        for character in text {
            let wide = TextWidth.cells(of: String(character))
            if cells + wide > width {
                rows.append(StyledText(row))
                (row, cells) = ("", 0)
            }
            row.append(character)
            cells += wide
        }
        return rows + [StyledText(row)]
    }
}
