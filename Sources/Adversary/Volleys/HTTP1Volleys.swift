/// Malformed input for the port that serves metrics.
enum HTTP1Volleys {
    private static let requests = [
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /readyz?x=%00 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
        "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nhello, world",
        "PUT /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HEAD /metrics HTTP/1.0\r\n\r\n",
    ]

    static func all() -> [VolleyKind] {
        StreamVolleys.plain(opening: Array(requests[0].utf8), noise: 0.2) + [
            VolleyKind("changed request", 0.3) { chance in
                let request = Array(chance.one(of: requests, else: "").utf8)
                return Volley(bytes: chance.mutated(request), ending: .leave(after: chance.number(0...15)))
            },
            VolleyKind("bad lengths and chunks", 0.12) { chance in
                Volley(bytes: badBody(&chance), ending: .leave(after: chance.number(0...15)))
            },
            VolleyKind("oversize head", 0.03) { chance in
                Volley(bytes: oversizeHead(&chance), ending: .leave(after: 30))
            },
            VolleyKind("refused requests in a row", 0.25) { chance in
                let count = 50
                let bytes = (0..<count).flatMap { refused(&chance, isLast: $0 == count - 1) }
                return Volley(bytes: bytes, inputs: count, ending: .server)
            },
            VolleyKind("answers that nobody reads", 0.02) { _ in
                let request = Array("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                return Volley(bytes: (0..<500).flatMap { _ in request }, inputs: 50, ending: .deaf(for: 400))
            },
            VolleyKind("half a head", 0.002) { _ in
                Volley(bytes: Array("GET /metrics HTTP/1.1\r\nHost:".utf8), ending: .stay(for: 3000))
            },
        ]
    }

    private static func badBody(_ chance: inout Chance) -> [UInt8] {
        let lengths = [
            "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5\r\nContent-Length: 7",
            "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: gzip", "Content-Length: 0x10", "Content-Length:", "Transfer-Encoding: chunked",
        ]
        let chunks = ["FFFFFFFFFFFFFFFFFF\r\n", "-5\r\nhello\r\n", "5\r\nhello", "5;ext=\"\r\n", "G\r\n", "\r\n\r\n"]
        let head = "POST /readyz HTTP/1.1\r\nHost: a\r\n\(chance.one(of: lengths, else: ""))\r\n\r\n"
        return Array((head + chance.one(of: chunks, else: "")).utf8) + chance.bytes(0...100)
    }

    private static func oversizeHead(_ chance: inout Chance) -> [UInt8] {
        let long = String(repeating: "x", count: chance.number(20_000...200_000))
        switch chance.number(0...3) {
        case 0: return Array("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        case 1: return Array("GET / HTTP/1.1\r\nHost: \(long)\r\n\r\n".utf8)
        case 2: return Array("GET / HTTP/1.1\r\n\(long): a\r\n\r\n".utf8)
        default:
            let headers = (0..<chance.number(1000...10_000)).map { "x-\($0): \($0)\r\n" }.joined()
            return Array("GET / HTTP/1.1\r\n\(headers)\r\n".utf8)
        }
    }

    /// Well-formed, and nothing that is served: a connection goes on after it.
    private static func refused(_ chance: inout Chance, isLast: Bool) -> [UInt8] {
        let methods = ["POST", "DELETE", "OPTIONS", "PATCH", "GET", "TRACE"]
        let path = chance.bytes(1...20).map { String(0x21 + $0 % 0x5A, radix: 16) }.joined()
        let end = isLast ? "Connection: close\r\n" : ""
        return Array("\(chance.one(of: methods, else: "GET")) /\(path) HTTP/1.1\r\nHost: a\r\n\(end)\r\n".utf8)
    }
}
