// The raw page of a target: what it answers now, line by line, with the list's filter.
// Opened by `w` on a target; fetched by the scraper, which knows its credentials.

import Dashboards
import Frames
import MetricModel
import Querying

struct PageState: Sendable {
    var target: TargetStatus
    var isFetching = true
    fileprivate(set) var lines: [String] = []
    fileprivate(set) var contentType = ""
    fileprivate(set) var byteCount = 0
    fileprivate(set) var fetchedAt: Timestamp?
    fileprivate(set) var failure: String?
    /// More are counted, not shown.
    static let linesMost = 200_000
    /// Longer ones are cut; nothing a person reads is that long.
    static let lineMost = 4_000
    fileprivate(set) var lineCount = 0

    fileprivate mutating func take(_ answer: TargetPage) {
        failure = nil
        contentType = answer.contentType
        byteCount = answer.body.count
        // Lines are read as UTF-8 with repairs; control characters never pass the frame.
        let pieces = answer.body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lineCount = pieces.count - (pieces.last?.isEmpty == true ? 1 : 0)
        lines = pieces.prefix(min(lineCount, Self.linesMost)).map {
            String(decoding: $0.prefix(Self.lineMost), as: UTF8.self)
        }
    }

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
        lists[.page] = ListState()
        show(.page)
        return fetchPage(of: target)
    }

    mutating func fetchPage(of target: TargetStatus) -> [Effect] {
        page?.isFetching = true
        return [.fetchPage(target)]
    }

    mutating func take(_ outcome: Result<TargetPage, QueryFailure>, of target: TargetStatus) {
        guard var page, page.target.url == target.url, page.target.labels == target.labels else { return }
        page.isFetching = false
        page.fetchedAt = now
        switch outcome {
        case .failure(let failure):
            page.failure = failure.description
            page.lines = []
        case .success(let answer): page.take(answer)
        }
        self.page = page
        listRevision += 1
    }

    /// One column, which says what the page is.
    var pageColumns: [ListColumn] {
        guard let page else { return [] }
        var words = page.target.url
        if page.fetchedAt != nil, page.failure == nil {
            let size = UnitFormatter.format(Double(page.byteCount), unit: "bytes")
            words += "  \(page.lineCount) lines, \(size)"
            if page.lineCount > page.lines.count { words += ", the first \(page.lines.count)" }
            if !page.contentType.isEmpty { words += "  \(page.contentType)" }
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
