// `[{"targets": ["host:port"], "labels": {"name": "value"}}]`, as files and HTTP servers give it.
// Read by FileDiscoverer and HTTPDiscoverer.

import FerulaConfiguration
import MetricModel
import Querying

enum TargetGroupJSON {
    /// `null` is no group, as an empty list; unknown fields are errors.
    static func read(_ bytes: [UInt8]) throws(JSONFailure) -> [TargetGroup] {
        var cursor = JSONCursor(bytes)
        var groups: [TargetGroup] = []
        if cursor.kind == .null {
            try cursor.skip()
        } else {
            try cursor.array { cursor throws(JSONFailure) in
                if cursor.kind == .null {
                    throw cursor.failure("expected a target group, group \(groups.count) is null")
                }
                groups.append(try group(&cursor))
            }
        }
        try cursor.end()
        return groups
    }

    private static func group(_ cursor: inout JSONCursor) throws(JSONFailure) -> TargetGroup {
        var addresses: [String] = []
        var labels: [Label] = []
        try cursor.object { key, cursor throws(JSONFailure) in
            if cursor.kind == .null, key == "targets" || key == "labels" { return try cursor.skip() }
            switch key {
            case "targets": try cursor.array { cursor throws(JSONFailure) in addresses.append(try cursor.string()) }
            case "labels":
                try cursor.object { name, cursor throws(JSONFailure) in
                    guard !name.isEmpty else { throw cursor.failure("expected a label's name that is not empty") }
                    labels.append(Label(name, try cursor.string()))
                }
            default: throw cursor.failure("expected targets and labels in a target group, not `\(key)`")
            }
        }
        return TargetGroup(addresses: addresses, labels: LabelSet(labels))
    }
}
