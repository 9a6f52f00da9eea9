// A client that sends what it is told, byte for byte: methods and mistakes that no HTTP library would send.

import Glibc
import HTTPService

struct RawSocket: Sendable {
    struct Failure: Error { var what: String }
    let descriptor: Int32

    /// Reading gives up after `patience`, so that a server that hangs fails the test.
    init(_ address: ListenAddress, patience: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket") }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(address.port).bigEndian)
        target.sin_addr.s_addr = inet_addr(address.host)
        let status = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            Glibc.close(descriptor)
            throw Failure(what: "connect: \(String(cString: strerror(errno)))")
        }
    }

    /// False when the server has closed the connection before it took all.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: $0[sent...]).baseAddress, $0.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// All until the server closes; nil when it does not within the patience.
    func readAll() -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { return bytes }
            if count < 0 { return errno == EAGAIN || errno == EWOULDBLOCK ? nil : bytes }
            bytes += chunk[..<count]
        }
    }

    func close() { Glibc.close(descriptor) }

    /// One request on a connection of its own, on a thread that may wait.
    static func exchange(
        _ address: ListenAddress, _ request: [UInt8], endsSending: Bool = true
    ) async throws -> [UInt8]? {
        try await onBlockingThread {
            Result<[UInt8]?, any Error> {
                let socket = try RawSocket(address)
                defer { socket.close() }
                socket.send(request)
                if endsSending { socket.endSending() }
                return socket.readAll()
            }
        }.get()
    }
}
