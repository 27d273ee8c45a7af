import Glibc
package import Topology

/// The memory of a running process that can hold what it works with: all that it may write to, as far as it is there.
/// Needs root, or the right to trace the process.
package struct ProcessMemory {
    /// A range of addresses.
    package struct Region: Equatable {
        package let start: UInt64
        package let end: UInt64

        package init(start: UInt64, end: UInt64) {
            self.start = start
            self.end = end
        }
    }

    package let pid: Int32
    private static let pageSize = 4096
    /// Bytes that are looked at in one piece.
    private static let pieceSize = 1 << 20

    package init(pid: Int32) { self.pid = pid }

    /// Searches it, and blocks. Returns how many bytes were there; what was found stands in `found`, by the patterns'
    /// labels.
    ///
    /// Throws if the memory cannot be opened. What is given back to the system meanwhile is skipped.
    package func search(_ search: CanarySearch, into found: inout Set<String>) throws(ChaosError) -> Int {
        let maps = try TextFile.chaosRead("/proc/\(pid)/maps")
        let memory = try Self.open("/proc/\(pid)/mem")
        defer { close(memory) }
        let residence = try Self.open("/proc/\(pid)/pagemap")
        defer { close(residence) }
        let overlap = max(0, search.longest - 1)
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize + overlap)
        var total = 0
        for region in Self.regions(in: maps) {
            for piece in Self.resident(region, residence) {
                // The end of a piece is read again with the next, so that no place between two is missed.
                var start = piece.start
                while start < piece.end {
                    let wanted = min(UInt64(buffer.count), piece.end - start)
                    let count = pread(memory, &buffer, Int(wanted), off_t(start))
                    guard count > 0 else { break }
                    total += count
                    buffer.withUnsafeBytes { bytes in
                        for hit in search.hits(in: UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
                            found.insert(hit.pattern.label)
                        }
                    }
                    start += UInt64(min(count, Self.pieceSize))
                    if count <= overlap { break }
                }
            }
        }
        return total
    }

    /// The writable regions of /proc/PID/maps that can be read, in their order.
    package static func regions(in maps: String) -> [Region] {
        maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[1].hasPrefix("rw") else { return nil }
            let ends = words[0].split(separator: "-")
            guard ends.count == 2, let start = UInt64(ends[0], radix: 16), let end = UInt64(ends[1], radix: 16),
                start < end, end <= UInt64(Int64.max)
            else { return nil }
            return Region(start: start, end: end)
        }
    }

    /// The parts of a region that are in memory or in swap: reading the rest would only show zeros, slowly.
    private static func resident(_ region: Region, _ residence: Int32) -> [Region] {
        var parts: [Region] = []
        let (first, last) = (region.start / UInt64(pageSize), region.end / UInt64(pageSize))
        var entries = [UInt64](repeating: 0, count: 4096)
        var page = first
        while page < last {
            let count = Int(min(UInt64(entries.count), last - page))
            let read = entries.withUnsafeMutableBytes { bytes in
                pread(residence, bytes.baseAddress, count * 8, off_t(page * 8))
            }
            // Without this table, all of it is looked at.
            guard read >= 8 else { return parts + [Region(start: page * UInt64(pageSize), end: region.end)] }
            for index in 0..<read / 8 where entries[index] >> 62 != 0 {
                let start = (page + UInt64(index)) * UInt64(pageSize)
                let end = start + UInt64(pageSize)
                if let previous = parts.last, previous.end == start {
                    parts[parts.count - 1] = Region(start: previous.start, end: end)
                } else {
                    parts.append(Region(start: start, end: end))
                }
            }
            page += UInt64(read / 8)
        }
        return parts
    }

    private static func open(_ path: String) throws(ChaosError) -> Int32 {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ChaosError(path, "cannot be opened: \(String(cString: strerror(errno)))") }
        return file
    }
}

extension TextFile {
    /// A text of /proc.
    fileprivate static func chaosRead(_ path: String) throws(ChaosError) -> String {
        do { return try read(path, limit: 16 << 20) } catch { throw ChaosError(path, error.problem) }
    }
}
