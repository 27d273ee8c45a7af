import FoundationEssentials

/// Inputs as files: a folder for each decoder; `seed-…` are what encoders wrote, the rest was found.
package struct Corpus: Sendable {
    /// One input and the file it is from.
    package struct Sample: Hashable, Sendable {
        package let path: String
        package let bytes: [UInt8]
    }

    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// All inputs of a decoder in the order of their names; none when there is no folder.
    package func samples(of decoder: FuzzedDecoder) throws -> [Sample] {
        let folder = folder(of: decoder)
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted().map {
            Sample(path: "\(folder)/\($0)", bytes: try Self.read("\(folder)/\($0)"))
        }
    }

    /// The folders that no decoder bears the name of.
    package func strangers() throws -> [String] {
        let names = Set(FuzzedDecoder.all.map(\.name))
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { !names.contains($0) }.sorted()
    }

    /// Writes what encoders write today. Seeds that are another in every process are written once.
    package func writeSeeds(of decoder: FuzzedDecoder) throws -> [String] {
        let folder = folder(of: decoder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try decoder.seeds().enumerated().compactMap { position, bytes in
            let path = "\(folder)/\(Self.seedName(position))"
            if !decoder.hasFixedSeeds, FileManager.default.fileExists(atPath: path) { return nil }
            try Self.write(bytes, to: path)
            return path
        }
    }

    /// The name of a seed's file.
    package static func seedName(_ position: Int) -> String { "seed-" + (position < 10 ? "0" : "") + "\(position)" }

    /// The bytes of a file.
    package static func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func folder(of decoder: FuzzedDecoder) -> String { "\(directory)/\(decoder.name)" }
}
