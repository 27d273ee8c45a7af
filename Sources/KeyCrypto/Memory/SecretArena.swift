import CPlatform
import Synchronization

/// Hands out slots of locked memory. Slots of one size share a chunk of pages between two guard pages, so that
/// thousands of
/// 32-byte keys do not take a page each; larger secrets get a mapping of their own.
final class SecretArena: Sendable {
    static let shared = SecretArena()

    /// Observes the zeroed bytes of a slot just before it may be used again.
    typealias ReleaseObserver = @Sendable (UnsafeRawBufferPointer) -> Void

    private static let slotSizes = [64, 512]
    private static let chunkSize = 64 * 1024

    private struct State {
        /// Addresses of free slots, one list for each slot size.
        var free: [[UInt]] = [[], []]
        var observer: ReleaseObserver?
    }

    private let state = Mutex(State())

    /// A zeroed slot of at least `count` bytes, or nil when no memory can be mapped. The capacity follows from `count`
    /// alone.
    func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        let address: UInt? =
            if let pool = Self.pool(for: count) {
                state.withLock { $0.free[pool].popLast() ?? Self.grow(&$0.free[pool], slotSize: Self.slotSizes[pool]) }
            } else {
                SecretPages.map(count)
            }
        guard let address, let base = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        return UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    /// Wipes the whole slot, not only the bytes in use, and takes it back.
    func release(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let address = UInt(bitPattern: base)
        let pool = Self.pool(for: bytes.count)
        let capacity = pool.map { Self.slotSizes[$0] } ?? bytes.count
        claviger_wipe(base, capacity)
        if let observer = state.withLock({ $0.observer }) {
            observer(UnsafeRawBufferPointer(start: base, count: capacity))
        }
        if let pool {
            state.withLock { $0.free[pool].append(address) }
        } else {
            SecretPages.unmap(address, bytes.count)
        }
    }

    func observe(_ observer: ReleaseObserver?) {
        state.withLock { $0.observer = observer }
    }

    private static func pool(for count: Int) -> Int? { slotSizes.firstIndex { count <= $0 } }

    private static func grow(_ free: inout [UInt], slotSize: Int) -> UInt? {
        guard let base = SecretPages.map(chunkSize) else { return nil }
        for offset in stride(from: chunkSize - slotSize, to: 0, by: -slotSize) { free.append(base + UInt(offset)) }
        return base
    }
}
