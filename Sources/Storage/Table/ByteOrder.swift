import Glibc

/// Whether `a` sorts before `b` as unsigned bytes; a prefix sorts before what continues it.
func bytesPrecede(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.withUnsafeBytes { left in
        b.withUnsafeBytes { right in bytesPrecede(left, right) }
    }
}

func bytesPrecede(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    let common = min(a.count, b.count)
    if common > 0, let left = a.baseAddress, let right = b.baseAddress {
        let order = memcmp(left, right, common)
        if order != 0 { return order < 0 }
    }
    return a.count < b.count
}

/// The number of leading places for which `belongs` holds; it must hold for a prefix of `0 ..< count` only.
func partition(count: Int, where belongs: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
        let middle = low + (high - low) / 2
        if belongs(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
