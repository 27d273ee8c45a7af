import Glibc

/// Values to places along a line.
struct Axis {
    let low: Double
    let high: Double
    let isLogarithmic: Bool
    /// Where `low` and `high` are drawn.
    let start: Double
    let end: Double

    /// From 0 to at least `high`.
    static func linear(to high: Double, from start: Double, _ end: Double) -> Axis {
        Axis(low: 0, high: high > 0 && high.isFinite ? high : 1, isLogarithmic: false, start: start, end: end)
    }

    /// Whole powers of ten around all values, two of them at least.
    static func logarithmic(around values: [Double], from start: Double, _ end: Double) -> Axis {
        let known = values.filter { $0.isFinite && $0 > 0 }
        let low = floor(log10(known.min() ?? 1))
        let high = max(ceil(log10(known.max() ?? 10)), low + 1)
        return Axis(low: pow(10, low), high: pow(10, high), isLogarithmic: true, start: start, end: end)
    }

    func place(_ value: Double) -> Double {
        let share: Double
        if isLogarithmic {
            share = (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low))
        } else {
            share = (value - low) / (high - low)
        }
        return start + min(1, max(0, share.isFinite ? share : 1)) * (end - start)
    }

    /// Round values for lines and labels, about as many as asked for.
    func ticks(_ wanted: Int) -> [Double] {
        if isLogarithmic {
            let decades = Int((log10(high) - log10(low)).rounded())
            let stride = max(1, (decades + wanted - 1) / max(1, wanted))
            return Swift.stride(from: 0, through: decades, by: stride).map {
                pow(10, log10(low).rounded() + Double($0))
            }
        }
        let step = Self.step(high - low, wanted)
        return Swift.stride(from: low, through: high + step / 1000, by: step).map(\.self)
    }

    /// 1, 2 or 5 times a power of ten.
    static func step(_ range: Double, _ wanted: Int) -> Double {
        guard range > 0, range.isFinite else { return 1 }
        let raw = range / Double(max(1, wanted))
        let power = pow(10, floor(log10(raw)))
        let step = [1.0, 2, 5, 10].first { $0 * power >= raw } ?? 10
        return step * power
    }
}
