/// The table behind `KeyCache`: slots in an array for a second-chance clock hand, and an index by identifier.
struct KeyCacheState {
    struct Slot {
        let id: KeyCache.Identifier
        let placement: String
        let generation: UInt64
        let secret: SharedSecret
        var lastUse: UInt64
        var wasUsed = false
    }

    let capacity: Int
    let idleTime: UInt64
    private(set) var slots: [Slot] = []
    private(set) var invalidations: UInt64 = 0
    private var index: [KeyCache.Identifier: Int] = [:]
    private var hand = 0

    init(capacity: Int, idleTime: UInt64) {
        self.capacity = capacity
        self.idleTime = idleTime
    }

    mutating func value(_ id: KeyCache.Identifier, generation: UInt64, now: UInt64) -> SharedSecret? {
        guard let position = index[id], slots[position].generation == generation,
            !Self.isIdle(slots[position].lastUse, now: now, idleTime: idleTime)
        else { return nil }
        slots[position].lastUse = max(slots[position].lastUse, now)
        slots[position].wasUsed = true
        return slots[position].secret
    }

    mutating func insert(_ slot: Slot, ticket: KeyCache.Ticket) -> Bool {
        guard ticket.invalidations == invalidations else { return false }
        if let position = index[slot.id] {
            guard slots[position].generation <= slot.generation else { return false }
            slots[position] = slot
        } else if slots.count < capacity {
            index[slot.id] = slots.count
            slots.append(slot)
        } else {
            let position = victim()
            index[slots[position].id] = nil
            index[slot.id] = position
            slots[position] = slot
        }
        return true
    }

    mutating func invalidate(_ matches: (Slot) -> Bool) -> Int {
        invalidations &+= 1
        return removeAll(matches)
    }

    mutating func removeAll(_ matches: (Slot) -> Bool) -> Int {
        let before = slots.count
        for position in slots.indices.reversed() where matches(slots[position]) {
            index[slots[position].id] = nil
            let last = slots.removeLast()
            guard position < slots.count else { continue }
            slots[position] = last
            index[last.id] = position
        }
        if hand >= slots.count { hand = 0 }
        return before - slots.count
    }

    static func isIdle(_ lastUse: UInt64, now: UInt64, idleTime: UInt64) -> Bool {
        now > lastUse && now - lastUse > idleTime
    }

    /// The next slot that was not used since the hand last passed it.
    private mutating func victim() -> Int {
        while true {
            defer { hand = (hand + 1) % slots.count }
            if !slots[hand].wasUsed { return hand }
            slots[hand].wasUsed = false
        }
    }
}
