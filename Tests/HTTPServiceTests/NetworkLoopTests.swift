// Tasks on a network loop: where they run, how they sleep, what they share.

import HTTPService
import Synchronization
import Testing

@testable import HTTPAccess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

private func thisThread() -> UInt {
    #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
    #else
        pthread_self()
    #endif
}

@Suite("network loop", .timeLimit(.minutes(1)))
struct NetworkLoopTests {
    @Test("a request and a sleep leave their task on the loop's thread")
    func oneThread() async throws {
        let server = Server(routes: [Route("/x") { _ in .text("body\n") }])
        let client = Client()
        let loop = NetworkLoop.next()
        let (threads, body) = try await server.whileRunning { address in
            let task = Task<([UInt], [UInt8]), any Error>(executorPreference: loop) {
                var threads = [thisThread()]
                var body: [UInt8] = []
                let prepared = try client.prepare(Request(url: "http://\(address)/x"))
                _ = try await client.send(prepared, into: &body, on: loop)
                threads.append(thisThread())
                try await loop.sleep(for: .milliseconds(1))
                threads.append(thisThread())
                return (threads, body)
            }
            return try await task.value
        }
        await client.shutdown()
        #expect(Set(threads).count == 1)
        #expect(String(decoding: body, as: UTF8.self) == "body\n")
    }

    @Test("a cancelled sleep ends with an error, whether it has begun or not")
    func cancelledSleep() async throws {
        let loop = NetworkLoop.next()
        let isAsleep = Atomic(false)
        let task = Task(executorPreference: loop) {
            isAsleep.store(true, ordering: .releasing)
            try await loop.sleep(for: .seconds(3600))
        }
        while !isAsleep.load(ordering: .acquiring) { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let late = Task(executorPreference: loop) {
            withUnsafeCurrentTask { $0?.cancel() }
            try await loop.sleep(for: .seconds(3600))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test("a buffer comes back with its room; large ones and a fifth one are freed")
    func buffers() {
        let loop = NetworkLoop.next()
        var taken: [[UInt8]] = []
        for _ in 0..<8 { taken.append(loop.takeBuffer()) }  // whatever other tests have left
        for capacity in [1000, 2000, 3000, 4000, 5000, 5 << 20] {
            var buffer: [UInt8] = []
            buffer.reserveCapacity(capacity)
            buffer.append(1)
            loop.giveBack(&buffer)
            #expect(buffer.isEmpty)
        }
        let back = (0..<5).map { _ in loop.takeBuffer() }
        let capacities = back.map(\.capacity)
        #expect(back == Array(repeating: [], count: 5))
        #expect(capacities.count { $0 >= 1000 } == 4)
        #expect(capacities.last == 0)
        #expect((capacities.max() ?? 0) < 5000)
    }
}
