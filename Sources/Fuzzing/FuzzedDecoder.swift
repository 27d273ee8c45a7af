/// What became of an input. Both are good ends.
package enum FuzzVerdict: Hashable, Sendable { case accepted, refused }

/// A promise that a decoder broke on some input.
package struct FuzzFinding: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A decoder of bytes from outside, with values that its own encoder wrote and with what must hold for every input:
/// not to trap is the least of it.
package struct FuzzedDecoder: Sendable {
    /// Names its folder in the corpus, too.
    package let name: String
    /// Where the bytes come from.
    package let origin: String
    /// How inputs are varied.
    let shape: InputShape
    /// Bytes of the largest input that is tried.
    let limit: Int
    /// Whether the seeds are the same in every process; others are kept as files and made once.
    package let hasFixedSeeds: Bool
    private let makeSeeds: @Sendable () throws -> [[UInt8]]
    private let examination: @Sendable ([UInt8]) throws -> FuzzVerdict

    init(
        _ name: String, from origin: String, shape: InputShape = .bytes, limit: Int = 16 << 10,
        hasFixedSeeds: Bool = true, seeds: @escaping @Sendable () throws -> [[UInt8]],
        examine: @escaping @Sendable ([UInt8]) throws -> FuzzVerdict
    ) {
        self.name = name
        self.origin = origin
        self.shape = shape
        self.limit = limit
        self.hasFixedSeeds = hasFixedSeeds
        makeSeeds = seeds
        examination = examine
    }

    /// A pair of functions of which one undoes the other: what is decoded can be encoded, gives the same value again,
    /// and, where the format is canonical, the same bytes.
    package init<Value: Equatable & SendableMetatype>(
        _ name: String, from origin: String, shape: InputShape = .bytes, limit: Int = 16 << 10, isCanonical: Bool,
        seeds: @escaping @Sendable () throws -> [[UInt8]], decode: @escaping @Sendable ([UInt8]) throws -> Value?,
        encode: @escaping @Sendable (Value) throws -> [UInt8],
        and further: @escaping @Sendable (Value) throws -> Void = { _ in }
    ) {
        self.init(name, from: origin, shape: shape, limit: limit, seeds: seeds) { input in
            guard let value = Self.decoded(input, decode) else { return .refused }
            let bytes = try Self.proven("what was decoded cannot be encoded") { try encode(value) }
            if isCanonical, bytes != input { throw FuzzFinding("other bytes: \(Hexadecimal.text(bytes))") }
            guard let again = Self.decoded(bytes, decode) else {
                throw FuzzFinding("its own encoding is refused: \(Hexadecimal.text(bytes))")
            }
            guard again == value else { throw FuzzFinding("another value comes back: \(Hexadecimal.text(bytes))") }
            guard try encode(again) == bytes else { throw FuzzFinding("equal values have two encodings") }
            try further(value)
            return .accepted
        }
    }

    /// Bytes that the project's own encoders wrote.
    package func seeds() throws -> [[UInt8]] { try makeSeeds() }

    /// Decodes the input and looks at what comes of it. Throws a `FuzzFinding`.
    @discardableResult
    package func examine(_ input: [UInt8]) throws(FuzzFinding) -> FuzzVerdict {
        do {
            return try examination(input)
        } catch let finding as FuzzFinding {
            throw finding
        } catch {
            throw FuzzFinding("an error that is no refusal: \(error)")
        }
    }

    static func decoded<Value>(_ input: [UInt8], _ decode: ([UInt8]) throws -> Value?) -> Value? {
        // Any error is a refusal; which one it is, the tests of the format say.
        (try? decode(input)) ?? nil
    }

    static func proven<Value>(_ claim: String, _ body: () throws -> Value) throws(FuzzFinding) -> Value {
        do {
            return try body()
        } catch {
            throw FuzzFinding("\(claim): \(error)")
        }
    }
}

/// Bytes as people read them.
package enum Hexadecimal {
    /// Two digits for each byte.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
