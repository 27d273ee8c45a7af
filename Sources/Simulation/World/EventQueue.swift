/// What is to happen, by time; things due at the same time come in the order in which they were added. A binary heap.
struct EventQueue<Element> {
    private struct Item {
        var at: UInt64
        var number: UInt64
        var element: Element

        func precedes(_ other: Item) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Item] = []
    private var nextNumber: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ element: Element, at: UInt64) {
        heap.append(Item(at: at, number: nextNumber, element: element))
        nextNumber += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> (at: UInt64, element: Element)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.at, last.element) }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.at, first.element)
    }
}
