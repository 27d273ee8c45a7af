import NIOCore

/// Between TLS and the socket: flips a bit of what leaves, or lets nothing pass beyond a byte.
final class TamperHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tamper: Volley.Tamper
    private var passed = 0

    init(_ tamper: Volley.Tamper) { self.tamper = tamper }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var buffer = unwrapOutboundIn(data)
        let start = passed
        passed += buffer.readableBytes
        switch tamper {
        case .flip(let place, let mask):
            let index = buffer.readerIndex + place - start
            if place >= start, place < passed, let byte = buffer.getInteger(at: index, as: UInt8.self) {
                buffer.setInteger(byte ^ mask, at: index)
            }
        case .cut(let place):
            guard let kept = buffer.readSlice(length: max(0, min(buffer.readableBytes, place - start))) else { break }
            buffer = kept
        }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }
}
