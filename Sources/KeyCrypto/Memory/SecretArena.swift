import CPlatform
import Synchronization

/// Hands out slots of locked memory. Slots of one size share a chunk of pages between two guard pages, so that thousands of
/// 32-byte keys do not take a page each; larger secrets get a mapping of their own.
final class SecretArena: Sendable {
    static let shared = SecretArena()

    /// Observes the zeroed bytes of a slot just before it may be used again.
    typealias ReleaseObserver = @Sendable (UnsafeRawBufferPointer) -> Void

    private struct Pool {
        let slotSize: Int
        let chunkSize: Int
        var free: [UInt] = []
    }

    private struct State {
        var pools = [Pool(slotSize: 64, chunkSize: 64 * 1024), Pool(slotSize: 512, chunkSize: 64 * 1024)]
        var observer: ReleaseObserver?
    }

    private let state = Mutex(State())

    /// A zeroed slot of at least `count` bytes, or nil when no memory can be mapped. The capacity follows from `count` alone.
    func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        let address: UInt? = state.withLock { state in
            guard let pool = state.pools.firstIndex(where: { count <= $0.slotSize }) else {
                return SecretPages.map(count)
            }
            if let slot = state.pools[pool].free.popLast() { return slot }
            return Self.grow(&state.pools[pool])
        }
        guard let address, let base = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        return UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    /// Wipes the whole slot, not only the bytes in use, and takes it back.
    func release(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let address = UInt(bitPattern: base)
        let pool = state.withLock { $0.pools.firstIndex { bytes.count <= $0.slotSize } }
        let capacity = if let pool { state.withLock { $0.pools[pool].slotSize } } else { bytes.count }
        claviger_wipe(base, capacity)
        if let observer = state.withLock({ $0.observer }) {
            observer(UnsafeRawBufferPointer(start: base, count: capacity))
        }
        if let pool {
            state.withLock { $0.pools[pool].free.append(address) }
        } else {
            SecretPages.unmap(address, bytes.count)
        }
    }

    func observe(_ observer: ReleaseObserver?) {
        state.withLock { $0.observer = observer }
    }

    private static func grow(_ pool: inout Pool) -> UInt? {
        guard let base = SecretPages.map(pool.chunkSize) else { return nil }
        for offset in stride(from: pool.chunkSize - pool.slotSize, to: 0, by: -pool.slotSize) {
            pool.free.append(base + UInt(offset))
        }
        return base
    }
}
