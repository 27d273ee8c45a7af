import Chaos
import Testing
import Topology

@Suite("A topology as a run plays it")
struct StageTopologyTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    private static func original() throws -> FederationTopology {
        try FederationTopology.load(from: "\(root)/topology/local.yaml")
    }

    @Test("In a network of its own each node has an address by its number and all have the same ports")
    func networked() throws {
        let scratch = try ScratchFolder()
        let original = try Self.original()
        let path = try StageTopology.write(original, isNetworked: true, to: scratch.path)
        let played = try FederationTopology.load(from: path)
        #expect(played.nodes.map(\.host) == (1...6).map { "10.86.1.\($0)" })
        #expect(Set(played.nodes.map(\.peerPort)) == [7100])
        #expect(Set(played.nodes.map(\.apiPort)) == [7200])
        #expect(Set(played.nodes.map(\.metricsPort)) == [7300])
    }

    @Test("Nothing else of the file changes")
    func rest() throws {
        let scratch = try ScratchFolder()
        let original = try Self.original()
        let path = try StageTopology.write(original, isNetworked: false, to: scratch.path)
        let played = try FederationTopology.load(from: path)
        #expect(played.clusterID == original.clusterID)
        #expect(played.operators == original.operators)
        #expect(played.regions == original.regions)
        #expect(played.placements == original.placements)
        #expect(played.directoryVoters == original.directoryVoters)
        #expect(played.timing == original.timing)
        #expect(played.nodes.map(\.name) == original.nodes.map(\.name))
        #expect(played.nodes.map(\.number) == original.nodes.map(\.number))
        let ports = played.nodes.flatMap { [$0.peerPort, $0.apiPort, $0.metricsPort] }
        #expect(Set(ports).count == ports.count)
        #expect(played.nodes.allSatisfy { $0.host == "127.0.0.1" })
    }
}
