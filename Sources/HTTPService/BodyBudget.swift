// How many bytes of request bodies a server holds at one time, of all connections together.
// Asked by Server while a body arrives; what is held is given back when its request has been answered.

import NIOCore
import Synchronization

/// A limit of each body alone is none: a connection costs nothing to open, and each could hold as much as is allowed.
final class BodyBudget: Sendable {
    let bytesMax: Int
    private let held = Atomic(0)

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var heldBytes: Int { held.load(ordering: .relaxed) }

    /// False: not so many are left, and none are taken.
    func take(_ count: Int) -> Bool {
        guard held.add(count, ordering: .relaxed).newValue <= bytesMax else {
            held.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}

/// What one body has of the budget, and until when it must have arrived.
struct HeldBody: ~Copyable {
    private let budget: BodyBudget
    private let limits: ServerLimits
    private let channel: any Channel
    private var bytes = 0
    private var deadline: Scheduled<Void>?

    init(_ budget: BodyBudget, _ limits: ServerLimits, _ channel: any Channel) {
        self.budget = budget
        self.limits = limits
        self.channel = channel
    }

    deinit {
        deadline?.cancel()
        budget.giveBack(bytes)
    }

    /// The body has grown to `count` bytes. False: there is no room for them now.
    ///
    /// Small bodies are free, so that questions are answered while writes must wait. From the first byte that is not,
    /// the rest must come within a time: a sender that stops in the middle would keep its place for as long as it likes.
    mutating func grow(to count: Int) -> Bool {
        let wanted = max(0, count - limits.smallBodyBytesMax)
        guard wanted > bytes else { return true }
        guard budget.take(wanted - bytes) else { return false }
        bytes = wanted
        if deadline == nil {
            deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.bodyTime)) { [channel] in
                channel.close(promise: nil)
            }
        }
        return true
    }

    mutating func hasArrived() {
        deadline?.cancel()
        deadline = nil
    }
}
