// Answers as tables, CSV and TSV.

import MetricModel
import Querying
import Testing

@Suite("Rows of an answer")
struct ResultRowsTests {
    private let time = Timestamp(milliseconds: 1_700_000_000_013)

    private func element(_ labels: LabelSet, _ value: Double) -> VectorElement {
        VectorElement(labels: labels, timestamp: time, value: .float(value))
    }

    @Test("a table has one column a label, the metric first, and aligns values to the right")
    func table() {
        let rows = ResultRows(
            .vector([
                element(["__name__": "up", "job": "a", "instance": "x:1"], 1),
                element(["__name__": "up", "job": "longer"], 12.5),
            ]))
        #expect(
            rows.table() == """
                __name__  instance  job     value
                up        x:1       a           1
                up                  longer   12.5

                """)
    }

    @Test("CSV quotes what needs it and keeps the timestamp")
    func csv() {
        let rows = ResultRows(.vector([element(["path": "a,\"b\"\n"], 0.5)]))
        #expect(rows.csv() == "path,timestamp,value\n\"a,\"\"b\"\"\n\",1700000000.013,0.5\n")
        #expect(rows.csv(showsHeader: false) == "\"a,\"\"b\"\"\n\",1700000000.013,0.5\n")
    }

    @Test("TSV escapes tabs and line breaks")
    func tsv() {
        let rows = ResultRows(.vector([element(["path": "a\tb\n"], .infinity)]))
        #expect(rows.tsv() == "path\ttimestamp\tvalue\na\\tb\\n\t1700000000.013\t+Inf\n")
    }

    @Test("a label value cannot send escape sequences to a terminal")
    func controlCharacters() {
        let rows = ResultRows(.vector([element(["path": "a\u{1b}[2J\u{9b}1m"], 1)]))
        #expect(rows.table() == "path            value\na\\x1b[2J\\x9b1m      1\n")
    }

    @Test("a matrix has one row a point; scalars and strings are one row")
    func others() {
        let series = Series(
            labels: ["job": "a"], timestamps: [time, time + .seconds(1)], samples: .floats([1, .nan]))
        #expect(
            ResultRows(.matrix([series])).csv()
                == "job,timestamp,value\na,1700000000.013,1\na,1700000001.013,NaN\n")
        #expect(ResultRows(.scalar(time, 2)).csv() == "timestamp,value\n1700000000.013,2\n")
        #expect(ResultRows(.string(time, "x")).csv() == "timestamp,value\n1700000000.013,x\n")
        #expect(ResultRows(.vector([])).table() == "value\n")
    }
}
