// The lines of a target's last body, in order, and what became of each.
// TargetIngestor compares the next body with it, line by line.

import Exposition
import MetricModel

/// A line: the bytes of a series (name and labels as they stand in the body), or a whole line of metadata.
struct CachedLine: Sendable {
    enum Role: UInt8 {
        case series
        /// Relabelling dropped it.
        case dropped
        case type
        /// `# HELP`, `# UNIT` or a comment.
        case text

        var isMetadata: Bool { self == .type || self == .text }
    }
    var ref = SeriesRef(rawValue: 0)
    var keyOffset: UInt32
    var keyCount: UInt32
    var hash: UInt32
    /// Place in the last body's order.
    var position: UInt32 = .max
    /// Number of the scrape that last had it; 0: unused place.
    var lastSeen: UInt32 = 0
    var role: Role
    /// For a `# TYPE` line what it says; for a series what governed its labels.
    var kind: Metadata.Kind
    /// The sink has samples of it and no staleness marker after them.
    var isTracked = false
    /// The last sample was a native histogram: so is the marker that ends it.
    var isHistogram = false
}

extension AppendBatch {
    /// The marker that ends a line's series. Source: Prometheus tsdb, a stale float after a histogram.
    mutating func appendStaleMarker(_ line: CachedLine, _ timestamp: Timestamp) {
        if line.isHistogram {
            append(line.ref, timestamp, NativeHistogram.stale)
        } else {
            append(line.ref, timestamp, .staleMarker)
        }
    }
}

struct LineCache: Sendable {
    private(set) var keys: [UInt8] = []
    private var unusedKeyBytes = 0
    var lines: [CachedLine] = []
    private var freeLines: [UInt32] = []
    private var table = ProbeTable()
    private let seed = UInt64.random(in: .min ... .max)
    /// The last body.
    var order: [UInt32] = []

    func find(_ key: UnsafeRawBufferPointer) -> (id: UInt32?, hash: UInt32) {
        let wide = ByteHash.hash(key, seed: seed)
        let hash = UInt32(truncatingIfNeeded: wide ^ wide >> 32)
        let id = keys.withUnsafeBytes { keys in
            table.first(hash: hash) { id in
                let line = lines[Int(id)]
                guard line.hash == hash, Int(line.keyCount) == key.count else { return false }
                let start = Int(line.keyOffset)
                return keys[start..<start + key.count].elementsEqual(key)
            }
        }
        return (id, hash)
    }

    /// Adds a line that is not there yet.
    mutating func add(
        _ key: UnsafeRawBufferPointer, hash: UInt32, role: CachedLine.Role, kind: Metadata.Kind, seen: UInt32
    ) -> UInt32 {
        var line = CachedLine(
            keyOffset: UInt32(keys.count), keyCount: UInt32(key.count), hash: hash, role: role, kind: kind)
        line.lastSeen = seen
        if keys.capacity < keys.count + key.count { keys.reserveCapacity(keys.count * 5 / 4 + key.count + 256) }
        keys.append(contentsOf: key)
        let id: UInt32
        if let free = freeLines.popLast() {
            id = free
            lines[Int(id)] = line
        } else {
            id = UInt32(lines.count)
            if lines.count == lines.capacity { lines.reserveCapacity(lines.count * 5 / 4 + 16) }
            lines.append(line)
        }
        table.insert(id, hash: hash) { lines[Int($0)].hash }
        return id
    }

    mutating func remove(_ id: UInt32) {
        let line = lines[Int(id)]
        guard line.lastSeen != 0 else { return }
        table.remove(id, hash: line.hash) { lines[Int($0)].hash }
        unusedKeyBytes += Int(line.keyCount)
        lines[Int(id)].lastSeen = 0
        lines[Int(id)].isTracked = false
        freeLines.append(id)
    }

    /// Takes the new order; moves lines and keys together when more than half of their places or bytes are unused, and
    /// gives back the room that arrays have grown to and do not need. Numbers of lines are others after that.
    mutating func replaceOrder(with newOrder: [UInt32]) {
        order = newOrder
        for (position, id) in newOrder.enumerated() { lines[Int(id)].position = UInt32(position) }
        if lines.count > 64, freeLines.count * 2 > lines.count { compactLines() }
        order.trimRoom()
        lines.trimRoom()
        guard keys.count > 4096, unusedKeyBytes * 2 > keys.count else { return keys.trimRoom() }
        var compact: [UInt8] = []
        compact.reserveCapacity(keys.count - unusedKeyBytes)
        for id in lines.indices where lines[id].lastSeen != 0 {
            let start = Int(lines[id].keyOffset)
            lines[id].keyOffset = UInt32(compact.count)
            compact.append(contentsOf: keys[start..<start + Int(lines[id].keyCount)])
        }
        keys = compact
        unusedKeyBytes = 0
    }

    private mutating func compactLines() {
        var kept: [CachedLine] = []
        kept.reserveCapacity(lines.count - freeLines.count)
        var numbers = [UInt32](repeating: .max, count: lines.count)
        for (id, line) in lines.enumerated() where line.lastSeen != 0 {
            numbers[id] = UInt32(kept.count)
            kept.append(line)
        }
        lines = kept
        freeLines = []
        for place in order.indices { order[place] = numbers[Int(order[place])] }
        table.rebuild(Array(0..<UInt32(lines.count))) { lines[Int($0)].hash }
    }

    /// Of its own arrays, with the room in them that is not used.
    var byteCost: Int {
        keys.capacity + lines.capacity * MemoryLayout<CachedLine>.stride
            + (freeLines.capacity + order.capacity) * MemoryLayout<UInt32>.stride + table.byteCost
    }

    func key(of id: UInt32) -> ArraySlice<UInt8> {
        let line = lines[Int(id)]
        return keys[Int(line.keyOffset)..<Int(line.keyOffset) + Int(line.keyCount)]
    }

    /// The metric family that a line of metadata is about; nil for a comment.
    func family(of line: CachedLine) -> String? {
        let start = Int(line.keyOffset)
        // Both formats write these lines alike, but only the classic one takes a line alone; UNIT it has not.
        let words = keys[start..<start + Int(line.keyCount)].split(
            maxSplits: 3, whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a })
        guard words.count > 2, words[0].elementsEqual([0x23]) else { return nil }
        guard ["TYPE", "HELP", "UNIT"].contains(where: { words[1].elementsEqual($0.utf8) }) else { return nil }
        guard words[2].first == UInt8(ascii: "\"") else { return String(decoding: words[2], as: UTF8.self) }
        return Self.unquoted(keys[words[2].startIndex..<start + Int(line.keyCount)].dropFirst())
    }

    /// A name of any characters, up to the quotation mark at its end; nil without one.
    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String? {
        var name: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: name, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                name.append(escaped == UInt8(ascii: "n") ? 0x0a : escaped)
            default: name.append(byte)
            }
        }
        return nil
    }

    /// The stored labels of a series line, parsed again from its bytes; nil when they are dropped.
    func labels(of id: UInt32, _ format: ExpositionFormat, _ options: IngestionOptions) -> LabelSet? {
        // The kind of the family decides how `le` is written: a line that stands for its `# TYPE` line sets it.
        let body = Self.kindMark + key(of: id) + Array(" 0\n".utf8)
        return body.withUnsafeBufferPointer { body in
            var parser = ExpositionParser(body, format: format)
            let mark = UnsafeBufferPointer(rebasing: body[..<Self.kindMark.count])
            // The line was read before: neither parse can fail.
            var absent: [String] = []
            guard parser.skipLine(ifEqualTo: mark, kind: lines[Int(id)].kind), (try? parser.next()) == .series,
                let exposed = try? parser.labels(absent: &absent)
            else { return nil }
            // Labels that failed a limit were never kept here.
            return (try? options.seriesLabels(exposed, absent: absent)) ?? nil
        }
    }

    /// A comment by which a parser is told what the last `# TYPE` line said.
    static let kindMark: [UInt8] = [0x23, 0x0a]
}

extension Array {
    /// Moves the elements where they just fit when an eighth of the room is unused: a cache grows once and then stays.
    fileprivate mutating func trimRoom() {
        guard capacity > 64, capacity - count > capacity / 8 else { return }
        var fitting: [Element] = []
        fitting.reserveCapacity(count)
        fitting.append(contentsOf: self)
        self = fitting
    }
}
