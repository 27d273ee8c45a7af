/// A binary heap of directions by the time when their next packet arrives.
struct DueHeap: Sendable {
    struct Entry: Sendable, Equatable {
        var due: Int64
        var from: Int
        var to: Int
    }

    private var entries: [Entry] = []

    /// The earliest.
    var first: Entry? { entries.first }

    /// Takes an entry in.
    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].due < entries[parent].due else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest out.
    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return }
            if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
            guard entries[child].due < entries[parent].due else { return }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
