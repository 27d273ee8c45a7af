import NIOCore

/// Gathers what HTTP/2 writes until it flushes, and passes it on in pieces below one TLS record, so that a flush of
/// many replies costs one record and one send instead of four per reply.
final class CoalescingHandler: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// A TLS record carries at most 16 KiB; this leaves room for its overhead.
    private static let pieceSize = 15 * 1024

    private var gathered = ByteBuffer()
    private var promise: EventLoopPromise<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        gathered = context.channel.allocator.buffer(capacity: Self.pieceSize)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise?.fail(ChannelError.ioOnClosedChannel)
        promise = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .byteBuffer(var bytes):
            gathered.writeBuffer(&bytes)
        case .fileRegion:
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        guard let promise else { return }
        if let earlier = self.promise {
            earlier.futureResult.cascade(to: promise)
        } else {
            self.promise = promise
        }
    }

    func flush(context: ChannelHandlerContext) {
        emit(context: context)
        context.flush()
        // Now nobody below holds the storage in the usual case, so it is used again. What a nested write added stays.
        if gathered.readableBytes == 0 { gathered.clear(minimumCapacity: Self.pieceSize) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        emit(context: context)
        context.flush()
        context.close(mode: mode, promise: promise)
    }

    private func emit(context: ChannelHandlerContext) {
        while let piece = gathered.readSlice(length: min(Self.pieceSize, gathered.readableBytes)),
            piece.readableBytes > 0
        {
            let isLast = gathered.readableBytes == 0
            context.write(wrapOutboundOut(.byteBuffer(piece)), promise: isLast ? promise : nil)
            if isLast {
                promise = nil
                break
            }
        }
    }
}
