package import NIOCore
package import NIOHPACK

/// The headers of a request, checked.
package struct RequestHead {
    /// How a request that is not one is answered.
    package enum Refusal: Error {
        /// Not gRPC at all: answered with a plain HTTP status.
        case http(String)
        case status(GRPCStatus)
    }

    package var path: String
    package var timeout: TimeAmount?
    /// How the caller names the call. Nil if it does not, or not by a valid id; that is never an error.
    package var requestID: String?

    package init(_ headers: HPACKHeaders) throws(Refusal) {
        var method: String?
        var path: String?
        var contentType: String?
        var timeout: String?
        var hasTrailers = false
        var requestIDs = 0
        for (name, value, _) in headers {
            switch name {
            case ":method": try Self.set(&method, value)
            case ":path": try Self.set(&path, value)
            case "content-type": try Self.set(&contentType, value)
            case "te": hasTrailers = value == "trailers"
            case "grpc-timeout": try Self.set(&timeout, value)
            case RequestID.header:
                requestIDs += 1
                requestID = requestIDs == 1 && RequestID.isValid(value) ? value : nil
            default: break
            }
        }
        guard method == "POST" else { throw .http("405") }
        guard let contentType, Self.isGRPC(contentType) else { throw .http("415") }
        guard hasTrailers else { throw .status(GRPCStatus(.invalidArgument, "header te: trailers is missing")) }
        if let timeout {
            guard let amount = CallTimeout.parse(timeout) else {
                throw .status(GRPCStatus(.invalidArgument, "malformed grpc-timeout"))
            }
            self.timeout = amount
        }
        self.path = path ?? ""
    }

    /// A header that says two things says nothing: whoever reads the first and whoever reads the last would disagree.
    private static func set(_ field: inout String?, _ value: String) throws(Refusal) {
        guard field == nil else { throw .http("400") }
        field = value
    }

    /// `application/grpc`, `application/grpc+proto`, each with optional parameters.
    private static func isGRPC(_ type: String) -> Bool {
        if type == "application/grpc" || type == "application/grpc+proto" { return true }
        return type.hasPrefix("application/grpc;") || type.hasPrefix("application/grpc+proto;")
    }
}
