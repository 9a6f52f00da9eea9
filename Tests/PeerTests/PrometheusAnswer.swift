// Answers of /api/v1/query and /api/v1/query_range as plain numbers, to be compared between two servers.

import Foundation

/// Canonical text of the labels -> (time, value) pairs.
typealias Answer = [String: [(time: Double, value: Double)]]

enum PrometheusAnswer {
    static func instant(_ base: String, _ query: String, time: String? = nil) async throws -> Answer {
        try await fetch(base + "/api/v1/query?query=" + escape(query) + (time.map { "&time=" + $0 } ?? ""))
    }

    static func range(_ base: String, _ query: String, start: Int, end: Int, step: Int) async throws -> Answer {
        try await range(base, query, start: "\(start)", end: "\(end)", step: "\(step)")
    }

    static func range(_ base: String, _ query: String, start: String, end: String, step: String) async throws -> Answer
    {
        try await fetch(
            base + "/api/v1/query_range?query=" + escape(query) + "&start=\(start)&end=\(end)&step=\(step)")
    }

    /// Each row of an instant answer, histograms included: its labels as JSON, and its numbers in order.
    static func rows(_ base: String, _ query: String, time: String?) async throws -> [String: [Double]] {
        let url = base + "/api/v1/query?query=" + escape(query) + (time.map { "&time=" + $0 } ?? "")
        let (status, body) = try await Web.get(url)
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        guard status == 200, let data = document?["data"] as? [String: Any],
            let rows = data["result"] as? [[String: Any]]
        else { throw PeerFailure("\(url): \(status) \(String(decoding: body.prefix(300), as: UTF8.self))") }
        var answer: [String: [Double]] = [:]
        for row in rows {
            let labels = try JSONSerialization.data(withJSONObject: row["metric"] ?? [:], options: .sortedKeys)
            answer[String(decoding: labels, as: UTF8.self)] = numbers(row["histogram"] ?? row["value"] ?? [])
        }
        return answer
    }

    private static func numbers(_ json: Any) -> [Double] {
        switch json {
        case let list as [Any]: list.flatMap(numbers)
        case let object as [String: Any]: object.sorted { $0.key < $1.key }.flatMap { numbers($0.value) }
        case let text as String: [Double(text) ?? .nan]
        case let number as NSNumber: [number.doubleValue]
        default: [.nan]
        }
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func fetch(_ url: String) async throws -> Answer {
        let (status, body) = try await Web.get(url)
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        guard status == 200, document?["status"] as? String == "success",
            let data = document?["data"] as? [String: Any]
        else { throw PeerFailure("\(url): \(status) \(String(decoding: body.prefix(300), as: UTF8.self))") }
        if let pair = data["result"] as? [Any], data["resultType"] as? String == "scalar" {
            return ["scalar": [try point(pair)]]
        }
        guard let rows = data["result"] as? [[String: Any]] else { throw PeerFailure("\(url): no result") }
        var answer: Answer = [:]
        for row in rows {
            let labels = (row["metric"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }
            let key = labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            if let pair = row["value"] as? [Any] { answer[key] = [try point(pair)] }
            if let pairs = row["values"] as? [[Any]] { answer[key] = try pairs.map(point) }
        }
        return answer
    }

    private static func point(_ pair: [Any]) throws -> (Double, Double) {
        guard pair.count == 2, let time = (pair[0] as? NSNumber)?.doubleValue, let text = pair[1] as? String,
            let value = text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text)
        else { throw PeerFailure("no sample: \(pair)") }
        return (time, value)
    }

    /// Nil when both say the same; otherwise the first difference. Values below `zero` are equal.
    static func difference(
        _ one: Answer, _ other: Answer, tolerance: Double, timeTolerance: Double = 0, zero: Double = 0
    ) -> String? {
        let keys = Set(one.keys), others = Set(other.keys)
        if keys != others {
            return "series differ: only one has \(keys.subtracting(others).sorted().prefix(3)), "
                + "only the other has \(others.subtracting(keys).sorted().prefix(3))"
        }
        for key in keys.sorted() {
            let left = one[key] ?? [], right = other[key] ?? []
            guard left.count == right.count else { return "{\(key)}: \(left.count) and \(right.count) points" }
            for (a, b) in zip(left, right) {
                if abs(a.time - b.time) > timeTolerance { return "{\(key)}: times \(a.time) and \(b.time)" }
                if a.value == b.value || (a.value.isNaN && b.value.isNaN) { continue }
                let scale = max(abs(a.value), abs(b.value))
                if !(abs(a.value - b.value) <= max(tolerance * scale, zero)) {
                    return "{\(key)} at \(a.time): \(a.value) and \(b.value)"
                }
            }
        }
        return nil
    }
}
