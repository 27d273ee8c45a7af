import CCrashDisk
import Glibc
import Storage

/// What a crash leaves of bytes and names that were not synced.
package enum CrashMode: String, CaseIterable, Codable, Sendable {
    /// Nothing: the machine lost power at the worst time.
    case lost
    /// Everything: only the process ended.
    case kept
    /// Of each file a prefix in the order of writing, of each directory a prefix of its changes.
    case cut
    /// Of each sector the new or the old bytes.
    case torn

    fileprivate var code: claviger_crash {
        switch self {
        case .lost: CLAVIGER_CRASH_LOST
        case .kept: CLAVIGER_CRASH_KEPT
        case .cut: CLAVIGER_CRASH_CUT
        case .torn: CLAVIGER_CRASH_TORN
        }
    }
}

/// A disk under a store that knows what was synced and can lose the rest. RocksDB writes to it through an environment
/// of its own, the store's own files through `StoreFiles`.
// SAFETY: the handle never changes, and the disk behind it locks.
final class CrashDisk: StoreFiles, @unchecked Sendable {
    let root: String
    private let handle: OpaquePointer

    /// Nil when the directory cannot be read. What is in it counts as durable.
    init?(root: String) {
        guard let handle = claviger_disk_mount(root) else { return nil }
        self.root = root
        self.handle = handle
    }

    deinit { claviger_disk_free(handle) }

    /// The RocksDB setting that puts a database on this disk.
    var setting: String { "env=claviger-disk:\(claviger_disk_number(handle))" }
    var steps: UInt64 { claviger_disk_steps(handle) }
    var isDead: Bool { claviger_disk_is_dead(handle) }
    var hasRefused: Bool { claviger_disk_has_refused(handle) }

    /// The machine dies at the one step, or the other fails; counted from now, nil for never.
    func plan(killIn: UInt64? = nil, refuseIn: UInt64? = nil) {
        let now = steps
        claviger_disk_plan(handle, killIn.map { now + $0 } ?? 0, refuseIn.map { now + $0 } ?? 0)
    }

    /// The process ends now: nothing reaches the disk any more.
    func kill() { claviger_disk_kill(handle) }

    /// Whether RocksDB's background work runs as it comes or stands back until `settle`.
    func gate(open: Bool) { claviger_disk_gate(handle, open) }

    /// Lets the background work that is due run to its end.
    func settle() { claviger_disk_settle(handle) }

    /// Puts the files in the state that a crash leaves. How many bytes were lost, or nil when the files could not be
    /// written. Nothing may be open.
    func crash(_ mode: CrashMode, seed: UInt64) -> UInt64? {
        var lost: UInt64 = 0
        return claviger_disk_crash(handle, mode.code, seed, &lost) == 0 ? lost : nil
    }

    // MARK: - StoreFiles

    func makeDirectory(_ path: String) -> String? {
        reason(claviger_disk_make_directory(handle, path))
            ?? reason(claviger_disk_sync_directory(handle, path.parentDirectory))
    }

    func write(_ bytes: [UInt8], at offset: Int, of path: String, _ mode: StoreFileMode) -> String? {
        let wrote = bytes.withUnsafeBytes {
            claviger_disk_write(handle, path, UInt64(offset), $0.baseAddress, $0.count, mode == .createSynced)
        }
        if let reason = reason(wrote) { return reason }
        return mode == .unsynced ? nil : reason(claviger_disk_sync(handle, path))
    }

    func rename(_ path: String, to target: String) -> String? { reason(claviger_disk_rename(handle, path, target)) }

    func syncDirectory(_ path: String) -> String? { reason(claviger_disk_sync_directory(handle, path)) }

    private func reason(_ code: Int32) -> String? { code == 0 ? nil : String(cString: strerror(code)) }
}
