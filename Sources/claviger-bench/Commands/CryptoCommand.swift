import ArgumentParser
import FoundationEssentials

/// The calls that do not change anything, by the names of their workloads.
enum CryptoOperation: String, CaseIterable, ExpressibleByArgument { case encrypt, decrypt, encryptBatch, decryptBatch }

/// `claviger-bench crypto`
struct CryptoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crypto", abstract: "Encrypt and Decrypt at one node: rate, latency, CPU per call.")

    @OptionGroup var federation: FederationOptions
    @OptionGroup var load: LoadOptions

    @Option(
        parsing: .upToNextOption,
        help: "Connections x calls outstanding on each; batches are measured at 1x1 and 4x1 in a closed loop.")
    var shapes = [LoadShape(1, 1), LoadShape(8, 8), LoadShape(64, 1)]

    @Option(parsing: .upToNextOption, help: "What is measured, with spaces between.")
    var operations = CryptoOperation.allCases

    @Option(help: "Items of a batch.")
    var batch = 100

    @Option(help: "Bytes of a plaintext.")
    var size = 32

    @Option(help: "The node; the placement's leader if absent.")
    var node: String?

    func validate() throws {
        guard (1...1000).contains(batch), (1...4096).contains(size) else {
            throw ValidationError("--batch is from 1 to 1000, --size from 1 to 4096")
        }
    }

    private struct Results: Encodable {
        let node: String
        let plaintextBytes: Int
        let measurements: [Measurement]
    }

    func run() async throws {
        let started = Date()
        let bench = try await BenchFederation.open(federation)
        let machine = Machine(directory: bench.directory)
        let name: String
        if let node { name = node } else { name = try await bench.leader() }
        let target = try await bench.node(name)
        let workloads = try await KeyWorkloads.crypto(bench, size: size, batch: batch)
        var results: [Measurement] = []
        for workload in workloads where operations.contains(where: { $0.rawValue == workload.name }) {
            // A batch is a load of its own: many at a time would only queue.
            let shapes = workload.itemsPerCall > 1 && load.rate == nil ? [LoadShape(1, 1), LoadShape(4, 1)] : shapes
            for shape in shapes {
                let result = try await bench.generator(for: target).measure(workload, load.plan(shape))
                Console.progress(result.row.joined(separator: "  "))
                results.append(result)
            }
        }
        await bench.close()
        try Report(
            "crypto", started: started, machine: machine,
            Results(node: name, plaintextBytes: size, measurements: results)
        ).emit(federation.output, titles: Measurement.titles, rows: results.map(\.row))
    }
}
