// Errors of the network's many layers, said in one line.
// Between Client and whoever shows why a target is down.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

func explain(_ error: any Error, _ request: Request) -> AccessFailure {
    var failure = explanation(error, request)
    let isOfConnecting = [.refused, .unreachable, .unknownHost].contains(failure.kind)
    // Then it is the proxy that cannot be reached: of the host behind it nothing is known.
    if isOfConnecting, let proxy = request.proxy { failure.reason = "the proxy \(proxy.name): \(failure.reason)" }
    return failure
}

private func explanation(_ error: any Error, _ request: Request) -> AccessFailure {
    func failure(_ kind: AccessFailure.Kind, _ reason: String) -> AccessFailure {
        AccessFailure(url: request.url, kind: kind, reason: reason)
    }
    switch error {
    case is CancellationError: return failure(.cancelled, "cancelled")
    case let error as HTTPClientError: return explain(error, request)
    case let error as NIOConnectionError:
        if let first = error.connectionErrors.first { return explanation(first.error, request) }
        return failure(.unknownHost, "no such host: \(error.host)")
    case let error as IOError:
        switch error.errnoCode {
        case ECONNREFUSED: return failure(.refused, "connection refused")
        case ECONNRESET, EPIPE: return failure(.protocolError, "connection reset by peer")
        case EHOSTUNREACH, ENETUNREACH: return failure(.unreachable, "host unreachable")
        case ETIMEDOUT: return failure(.timeout, "connection timed out")
        default: return failure(.other, String(cString: strerror(error.errnoCode)))
        }
    case let error as HTTPParserError: return failure(.protocolError, "not an HTTP answer: \(error)")
    case let error as NIOSSLError: return failure(.tls, "TLS: \(explain(error))")
    // A server that refuses a client certificate says so after the handshake.
    case BoringSSLError.sslError(let stack):
        return failure(.tls, "TLS: \(stack.first.map { handshakeReason("\($0)") } ?? "failed")")
    case let error as NIOSSLExtraError: return failure(.tls, "TLS: \(explain(error))")
    case let error as ChannelError:
        if case .connectTimeout(let amount) = error {
            return failure(.timeout, "connection timed out after \(amount.nanoseconds / 1_000_000_000) s")
        }
        return failure(.other, oneLine(error))
    default:
        return failure(.other, oneLine(error))
    }
}

private func name(of request: Request) -> String { request.proxy.map { " \($0.name)" } ?? "" }

private func explain(_ error: HTTPClientError, _ request: Request) -> AccessFailure {
    let (kind, reason): (AccessFailure.Kind, String) =
        switch error {
        case .invalidURL, .emptyHost, .emptyScheme, .missingSocketPath: (.badURL, "not a URL")
        case .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .getConnectionFromPoolTimeout,
            .tlsHandshakeTimeout:
            (.timeout, "timed out after \(describe(request.timeout))")
        case .remoteConnectionClosed: (.protocolError, "connection closed before the answer was complete")
        case .cancelled: (.cancelled, "cancelled")
        case .invalidProxyResponse: (.protocolError, "the proxy\(name(of: request)) opens no connection to the host")
        case .proxyAuthenticationRequired:
            (
                .protocolError,
                "the proxy\(name(of: request)) wants credentials"
                    + (request.proxy?.authentication == nil ? "" : " other than these")
            )
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
            (.timeout, "the proxy\(name(of: request)) did not answer in time")
        case .alreadyShutdown: (.cancelled, "client has been shut down")
        default:
            error.shortDescription == "Unsupported scheme"
                ? (.badURL, "scheme is neither http nor https")
                : (.other, error.shortDescription.prefix(1).lowercased() + error.shortDescription.dropFirst())
        }
    return AccessFailure(url: request.url, kind: kind, reason: reason)
}

private func explain(_ error: NIOSSLError) -> String {
    switch error {
    case .handshakeFailed(.sslError(let stack)), .handshakeFailed(.unknownError(let stack)):
        return stack.first.map { handshakeReason("\($0)") } ?? "handshake failed"
    case .uncleanShutdown: return "connection closed without a goodbye"
    default: return oneLine(error)
    }
}

private func explain(_ error: NIOSSLExtraError) -> String {
    error == .failedToValidateHostname ? "the server's certificate is for another host" : oneLine(error)
}

/// From `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at FILE:LINE`.
func handshakeReason(_ description: String) -> String {
    let words = description.split(separator: " at ").first?.split(separator: ":").last.map(String.init) ?? ""
    switch words {
    case "CERTIFICATE_VERIFY_FAILED":
        return "the server's certificate is not trusted: unknown authority, expired, or signed by itself"
    case "TLSV1_ALERT_CERTIFICATE_REQUIRED": return "the server wants a client certificate"
    case "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN":
        return "the server refuses the client certificate"
    case "TLSV1_ALERT_INTERNAL_ERROR": return "the server has a problem of its own: it refuses all handshakes"
    case "WRONG_VERSION_NUMBER": return "the server does not speak TLS"
    case "": return "handshake failed"
    default: return "handshake failed: " + words.lowercased().replacing("_", with: " ")
    }
}

/// Descriptions of other packages may span lines; a report has one.
func oneLine(_ error: any Error) -> String {
    String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
}
