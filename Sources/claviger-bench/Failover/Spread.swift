/// A few figures in order.
struct Spread: Encodable, Sendable {
    let p50: Double
    let p90: Double
    let worst: Double

    init(_ values: [Double]) {
        let ordered = values.sorted()
        func at(_ share: Double) -> Double {
            ordered.isEmpty ? 0 : ordered[min(ordered.count - 1, Int(share * Double(ordered.count)))]
        }
        p50 = at(0.5)
        p90 = at(0.9)
        worst = ordered.last ?? 0
    }
}
