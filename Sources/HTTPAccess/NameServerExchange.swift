// One question to one name server, over UDP or TCP; what the bytes mean is the caller's.
// Used by DNS discovery; blocking sockets on a thread that is kept for blocking work.

import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package struct NameServer: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address.
    package var address: String
    package var port: UInt16

    package init(address: String, port: UInt16 = 53) {
        self.address = address
        self.port = port
    }
    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// Sends `question` and returns the first answer that `accepts` takes: others may send to the same port.
    ///
    /// Cancelling the task ends the wait within a tenth of a second.
    package func ask(
        _ question: [UInt8], overTCP: Bool, timeout: Duration, accepts: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(AccessFailure) -> [UInt8] {
        let (seconds, attoseconds) = timeout.components
        let milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        let isCancelled = Flag()
        let result: Result<[UInt8], AccessFailure>
        do {
            result = try await withTaskCancellationHandler {
                try await NIOThreadPool.singleton.runIfActive { () -> Result<[UInt8], AccessFailure> in
                    do throws(AccessFailure) {
                        var exchange = try Exchange(self, overTCP: overTCP, milliseconds, isCancelled)
                        return .success(try exchange.run(question, accepts))
                    } catch {
                        return .failure(error)
                    }
                }
            } onCancel: {
                isCancelled.value.store(true, ordering: .relaxed)
            }
        } catch {
            throw AccessFailure(url: description, kind: .cancelled, reason: "cancelled")
        }
        return try result.get()
    }
}

private final class Flag: Sendable {
    let value = Atomic(false)
}

/// A socket for one question; closed with the value.
private struct Exchange: ~Copyable {
    private let server: NameServer
    private let isStream: Bool
    private let descriptor: Int32
    private let deadline: ContinuousClock.Instant
    private let timeoutMilliseconds: Int
    private let isCancelled: Flag

    init(
        _ server: NameServer, overTCP: Bool, _ milliseconds: Int, _ isCancelled: Flag
    ) throws(AccessFailure) {
        descriptor = try Self.connected(server, overTCP: overTCP)
        self.server = server
        isStream = overTCP
        deadline = .now + .milliseconds(milliseconds)
        timeoutMilliseconds = milliseconds
        self.isCancelled = isCancelled
    }

    private static func connected(_ server: NameServer, overTCP: Bool) throws(AccessFailure) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        #if canImport(Glibc)
            hints.ai_socktype = Int32((overTCP ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        #else
            hints.ai_socktype = overTCP ? SOCK_STREAM : SOCK_DGRAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(server.address, "\(server.port)", &hints, &found) == 0, let found else {
            throw AccessFailure(url: server.description, kind: .badURL, reason: "not an address")
        }
        defer { freeaddrinfo(found) }
        let info = found.pointee
        let descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        guard descriptor >= 0 else { throw Self.failure(server) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        // For a datagram socket too: only the server's answers arrive then, and its refusal is told.
        guard connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 || errno == EINPROGRESS else {
            let failure = Self.failure(server)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    deinit { close(descriptor) }

    mutating func run(_ question: [UInt8], _ accepts: ([UInt8]) -> Bool) throws(AccessFailure) -> [UInt8] {
        guard isStream else {
            try write(question)
            while true {
                let answer = try read(upTo: 65_535)
                if accepts(answer) { return answer }
            }
        }
        try write([UInt8(question.count >> 8 & 255), UInt8(question.count & 255)] + question)
        let length = try readExactly(2)
        let answer = try readExactly(Int(length[0]) << 8 | Int(length[1]))
        guard accepts(answer) else {
            throw AccessFailure(url: server.description, kind: .protocolError, reason: "answer to another question")
        }
        return answer
    }

    private static func failure(_ server: NameServer) -> AccessFailure {
        let code = errno
        let kind: AccessFailure.Kind = code == ECONNREFUSED ? .refused : .other
        let reason = code == ECONNREFUSED ? "connection refused" : String(cString: strerror(code))
        return AccessFailure(url: server.description, kind: kind, reason: reason)
    }

    /// Until the socket can be read or written.
    private func wait(_ events: Int32) throws(AccessFailure) {
        while true {
            guard !isCancelled.value.load(ordering: .relaxed) else {
                throw AccessFailure(url: server.description, kind: .cancelled, reason: "cancelled")
            }
            let left = deadline - .now
            guard left > .zero else {
                throw AccessFailure(
                    url: server.description, kind: .timeout,
                    reason: "timed out after \(describe(.milliseconds(timeoutMilliseconds)))")
            }
            var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let part = min(Int(left / .milliseconds(1)) + 1, 100)
            let count = poll(&waiting, 1, Int32(part))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw Self.failure(server) }
        }
    }

    private func write(_ bytes: [UInt8]) throws(AccessFailure) {
        var sent = 0
        while sent < bytes.count {
            try wait(POLLOUT)
            #if canImport(Glibc)
                let flags = Int32(MSG_NOSIGNAL)
            #else
                let flags: Int32 = 0
            #endif
            let rest = bytes[sent...]
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
            if count < 0, errno != EAGAIN, errno != EINTR, errno != EINPROGRESS { throw Self.failure(server) }
            sent += max(0, count)
        }
    }

    private func read(upTo bytesMax: Int) throws(AccessFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        while true {
            try wait(POLLIN)
            let count = recv(descriptor, &bytes, bytesMax, 0)
            if count >= 0 { return Array(bytes[..<count]) }
            if errno != EAGAIN, errno != EINTR { throw Self.failure(server) }
        }
    }

    private func readExactly(_ count: Int) throws(AccessFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let part = try read(upTo: count - bytes.count)
            guard !part.isEmpty else {
                throw AccessFailure(
                    url: server.description, kind: .protocolError,
                    reason: "connection closed before the answer was complete")
            }
            bytes += part
        }
        return bytes
    }
}
