import Adversary
import Testing

@Suite("Counting answers")
struct AnswerCounterTests {
    @Test("Ends of streams are counted wherever the bytes are cut", arguments: [1, 2, 7, 9, 10, 1000])
    func cuts(size: Int) {
        // HEADERS, DATA with a body like a frame, trailers that end the stream, a reset, and a PING with the same flag.
        let bytes: [UInt8] =
            [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88] + [0, 0, 9, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 1, 1, 0, 0, 0, 1]
            + [0, 0, 2, 1, 5, 0, 0, 0, 1, 0x88, 0x88] + [0, 0, 4, 3, 0, 0, 0, 0, 3, 0, 0, 0, 1]
            + [0, 0, 8, 6, 1, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        var counter = HTTP2AnswerCounter()
        var rest = bytes[...]
        while !rest.isEmpty {
            counter.read(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        #expect(counter.ended == 2)
    }
}
