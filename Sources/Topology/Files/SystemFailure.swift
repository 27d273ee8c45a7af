import Glibc

/// The last system error as a phrase, for the end of a sentence.
enum SystemFailure {
    /// Call at once after the failed call: reads `errno`.
    static var phrase: String { phrase(for: errno) }

    static func phrase(for code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
