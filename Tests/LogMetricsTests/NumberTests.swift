// Lines of numbers, as programs print them, to series.

import LogMetrics
import Testing

@Test(
    "a line of numbers is read however it is written",
    arguments: [
        ("12.5", "value 12.5"), (" 7 ", "value 7.0"), ("-3e2", "value -300.0"), ("12ms", "value 0.012"),
        ("1 2 3", "col1 1.0|col2 2.0|col3 3.0"), ("1,2;3", "col1 1.0|col2 2.0|col3 3.0"),
        ("1, 2", "col1 1.0|col2 2.0"), ("load 0.4", "load 0.4"), ("load: 0.4", "load 0.4"),
        ("free memory\t10KiB", "free memory 10240.0"),
        (#"requests{code="200",path="/ a"} 12"#, #"requests{code="200",path="/ a"} 12.0"#),
        ("in=1 out=2ms, rest", "in 1.0|out 0.002"), ("a 1 b 2", "a 1.0|b 2.0"), ("a 1 b c 2", "a 1 b c 2.0"),
        ("64 bytes from 192.0.2.1: icmp_seq=3 ttl=57 time=12.5 ms", "icmp_seq 3.0|ttl 57.0|time 0.0125"),
        ("words only", "nil"), ("12 words", "nil"), ("", "nil"), ("=5", "nil"), ("a=b", "nil"), (": 5", "value 5.0"),
    ])
func numberLines(line: String, expected: String) {
    let values = NumberLine.values(line)?.map { "\($0.name) \($0.number)" }.joined(separator: "|")
    #expect((values ?? "nil") == expected)
}

@Test("names that were not asked for are remembered, each once, 64 of them")
func passedOver() {
    var series = NumberSeries(only: ["time"])
    #expect(series.read("ttl=57 time=1 ttl=58", at: 0).map(\.name) == ["time"])
    #expect(series.passedOver == ["ttl"])
    for number in 0..<100 { _ = series.read("n\(number)=1", at: Int64(number)) }
    #expect(series.passedOver.count == 64 && series.names == ["time"])
    var all = NumberSeries()
    _ = all.read("a=1", at: 0)
    #expect(all.passedOver.isEmpty)
}

@Test("names are 200 bytes long at most, cut between characters")
func longNames() {
    let fits = String(repeating: "x", count: 200)
    #expect(NumberLine.values("\(fits) 1")?.first?.name == fits)
    #expect(NumberLine.values("\(fits)y 1")?.first?.name == fits)
    let between = String(repeating: "x", count: 199) + "é"
    #expect(NumberLine.values("\(between) 1")?.first?.name == String(repeating: "x", count: 199))
}

@Test("64 names have series, the next has none and is counted")
func seriesMax() {
    var series = NumberSeries()
    for name in 0..<NumberSeries.seriesMax { _ = series.read("n\(name) 1", at: 0) }
    let refusedCount = series.refusedCount
    #expect(refusedCount == 0)
    let beyond = series.read("n64 1", at: 0), within = series.read("n0 2", at: 0)
    #expect(beyond == [])
    #expect(within == [.init("n0", 2)])
    #expect(series.refusedCount == 1 && series.names.count == 64)
}

@Test("rates are of the time between two lines of a name; a fall is a reset")
func rates() {
    var series = NumberSeries(isRate: true)
    let lines: [(String, Int64)] = [
        ("a 10", 0), ("a 30", 2000), ("b 5", 2000), ("a 31", 2000), ("a 40", 3000), ("a 3", 4000),
    ]
    var values: [NumberLine.Value] = []
    for (line, time) in lines { values += series.read(line, at: time) }
    #expect(values == [.init("a", 10), .init("a", 10), .init("a", 3)])
}

@Test("only the names that are wanted; comments and blank lines say nothing, others are counted")
func filteringNumbers() {
    var series = NumberSeries(only: ["b"])
    var values: [NumberLine.Value] = []
    for line in ["a=1 b=2", "# HELP b", "", "  ", "hello there", "what"] { values += series.read(line, at: 0) }
    #expect(values == [.init("b", 2)])
    #expect(series.unreadableCount == 2 && series.firstUnreadable == "hello there")
}

@Test("words above as many numbers are the columns' names, also when they come again")
func tableHeads() {
    var series = NumberSeries()
    var values: [NumberLine.Value] = []
    let lines = [
        "procs ---memory---", " r  b   free", " 1  0    12", " 2  0    13", "procs ---memory---", " r  b   free",
        " 3  0    14",
    ]
    for line in lines { values += series.read(line, at: 0) }
    #expect(values.filter { $0.name == "free" }.map(\.number) == [12, 13, 14])
    #expect(series.names == ["r", "b", "free"])
    // Heads were understood, with the line of their groups.
    #expect(series.unreadableCount == 0 && series.firstUnreadable == nil)
    for line in ["one", "two", "three", " r  b   free", " 4  0    15"] { _ = series.read(line, at: 0) }
    // What stands above a repeated head is no line of groups unless it is the same one.
    #expect(series.unreadableCount == 3 && series.firstUnreadable == "one")
}

@Test("words are a head only before the first numbers of their width; later ones rename nothing and are counted")
func laterWords() {
    var series = NumberSeries()
    for line in ["start up", "1 2", "tick done", "3 4", "5", "a b c", "7", "1 2 3", "x y z", "4 5 6"] {
        _ = series.read(line, at: 0)
    }
    #expect(series.names == ["start", "up", "value", "col1", "col2", "col3"])
    #expect(series.unreadableCount == 3 && series.firstUnreadable == "tick done")
}

@Test("64 widths may have a head, the next has none")
func headsMax() {
    var series = NumberSeries(only: ["none"])
    for width in 2...66 {
        _ = series.read((0..<width).map { "w\(width)n\($0)" }.joined(separator: " "), at: 0)
        _ = series.read(Array(repeating: "1", count: width).joined(separator: " "), at: 0)
        if width == 65 {
            let count = series.unreadableCount
            #expect(count == 0)
        }
    }
    #expect(series.unreadableCount == 1)
}

@Test("heads of other widths, of one column, or with a number in them name nothing; what is there twice is numbered")
func noHeads() {
    for head in ["a b", "a", "a b 3", "a b c d"] {
        var series = NumberSeries()
        _ = series.read(head, at: 0)
        #expect(series.read("1 2 3", at: 0).map(\.name) == ["col1", "col2", "col3"], "\(head)")
    }
    var series = NumberSeries()
    _ = series.read("time,ms,ms", at: 0)
    #expect(series.read("1,2,3", at: 0).map(\.name) == ["time", "ms", "ms 2"])
    // A head stands for its own width alone.
    #expect(series.read("1,2", at: 0).map(\.name) == ["col1", "col2"])
    #expect(NumberLine.head(Array(repeating: "x", count: 1000).joined(separator: " ")).count == 1000)
    #expect(NumberLine.head(Array(repeating: "x", count: 1001).joined(separator: " ")).isEmpty)
}

@Test("random lines are read")
func randomNumberLines() {
    var random = SplitMix(state: 11)
    var series = NumberSeries(isRate: true)
    let pieces = ["1", "a", "=", " ", ",", "{", "}", "é", "ms", "1e999", "-", ":", "\t", "NaN", "\u{0}", "0x1", ";"]
    for time in 0..<3000 {
        let line = (0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] }.joined()
        _ = series.read(line, at: Int64(time))
    }
    #expect(series.names.count <= NumberSeries.seriesMax)
}
