/// What is to happen, by time; things due at the same time come in the order in which they were added. A binary heap
/// of places, so that what lies there is not moved about while the heap is put in order.
struct EventQueue<Element> {
    private struct Item {
        var at: UInt64
        var number: UInt64
        var place: Int

        func precedes(_ other: Item) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Item] = []
    /// Nil where `vacant` says so.
    private var elements: [Element?] = []
    private var vacant: [Int] = []
    private var nextNumber: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ element: Element, at: UInt64) {
        heap.append(Item(at: at, number: nextNumber, place: store(element)))
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
        let first = heap.first ?? last
        if !heap.isEmpty { sink(last) }
        vacant.append(first.place)
        return elements[first.place].take().map { (first.at, $0) }
    }

    private mutating func store(_ element: Element) -> Int {
        guard let place = vacant.popLast() else {
            elements.append(element)
            return elements.count - 1
        }
        elements[place] = element
        return place
    }

    /// Puts an item in the place of the first and lets it sink to where it belongs.
    private mutating func sink(_ item: Item) {
        heap[0] = item
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
