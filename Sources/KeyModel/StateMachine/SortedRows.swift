/// Rows in order of their keys: what a table is in memory. Order, unlike a dictionary's, is the same everywhere.
package struct SortedRows<ID: Comparable & Sendable, Row: Hashable & Sendable>: Sendable {
    private var ids: [ID] = []
    package private(set) var rows: [Row] = []

    package init() {}

    package var count: Int { rows.count }

    /// The row, or nil; setting nil removes it.
    package subscript(id: ID) -> Row? {
        get {
            let place = place(of: id)
            return place < ids.count && ids[place] == id ? rows[place] : nil
        }
        set {
            let place = place(of: id)
            let isHere = place < ids.count && ids[place] == id
            switch (newValue, isHere) {
            case (.some(let row), true): rows[place] = row
            case (.some(let row), false):
                ids.insert(id, at: place)
                rows.insert(row, at: place)
            case (nil, true):
                ids.remove(at: place)
                rows.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Position of the first id that is not before `id`.
    private func place(of id: ID) -> Int {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = low + (high - low) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SortedRows: Equatable {
    package static func == (a: Self, b: Self) -> Bool { a.ids == b.ids && a.rows == b.rows }
}

/// Bytes in their order, as an id of rows.
package struct RowBytes: Hashable, Comparable, Sendable {
    package let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package static func < (a: Self, b: Self) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}
