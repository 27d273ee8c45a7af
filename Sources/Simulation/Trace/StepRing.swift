/// The last so many elements of a stream.
struct StepRing<Element> {
    private let capacity: Int
    private var slots: [Element] = []
    /// The oldest, once the ring is full.
    private var head = 0

    init(capacity: Int) { self.capacity = max(0, capacity) }

    mutating func append(_ element: Element) {
        if slots.count < capacity {
            slots.append(element)
        } else if capacity > 0 {
            slots[head] = element
            head = head + 1 == capacity ? 0 : head + 1
        }
    }

    /// Oldest first.
    var elements: [Element] { Array(slots[head...] + slots[..<head]) }
}

extension StepRing: Sendable where Element: Sendable {}
