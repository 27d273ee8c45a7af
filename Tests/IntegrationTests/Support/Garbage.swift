import Glibc

/// Malformed input for a port, from a seed, so that a failure can be repeated.
struct Garbage: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Beginnings that lead a parser some way in before the noise begins.
    private static let beginnings: [[UInt8]] = [
        [], [0x16, 0x03, 0x01], [0x16, 0x03, 0x03, 0x00, 0xC8, 0x01, 0x00, 0x00, 0xC4, 0x03, 0x03],
        [0x16, 0x03, 0x01, 0xFF, 0xFF], [0x17, 0x03, 0x03, 0x40, 0x00], [0x15, 0x03, 0x03, 0x00, 0x02],
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), Array("GET / HTTP/1.1\r\n".utf8),
        Array("GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n".utf8),
        Array("POST /readyz HTTP/9.9\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n".utf8),
        [0x00, 0x00, 0x00, 0x00], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF, 0x01],
    ]

    mutating func input() -> [UInt8] {
        let beginning = Self.beginnings[Int.random(in: 0..<Self.beginnings.count, using: &self)]
        let count = Int.random(in: 0...400, using: &self)
        return beginning + (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Connects, sends, perhaps waits for a word, and leaves. Returns whether there was a connection.
    static func send(_ bytes: [UInt8], to port: UInt16, waits: Bool) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 0, tv_usec: 20_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return false }
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if waits {
            var answer = [UInt8](repeating: 0, count: 256)
            _ = recv(descriptor, &answer, answer.count, 0)
        }
        return true
    }
}
