import Topology

/// The demo's federation: that of topology/local.yaml on ports that are free.
struct DemoTopology {
    static let regions = [
        (name: "eu-west", cloud: "aws", jurisdiction: "EU"), (name: "eu-central", cloud: "gcp", jurisdiction: "EU"),
        (name: "eu-north", cloud: "azure", jurisdiction: "EU"), (name: "us-east", cloud: "aws", jurisdiction: "US"),
        (name: "us-central", cloud: "gcp", jurisdiction: "US"), (name: "us-west", cloud: "azure", jurisdiction: "US"),
    ]

    /// The first block of ports that are all free: from 7101 on, then each thousand higher.
    static func freeOffset() throws -> Int {
        for offset in stride(from: 0, through: 40_000, by: 1000) {
            let ports = [7100, 7200, 7300].flatMap { base in (1...regions.count).map { UInt16(base + offset + $0) } }
            if ports.allSatisfy({ LoopbackProbe.isFree(host: "127.0.0.1", port: $0) }) { return offset }
        }
        throw CommandFailure("no block of free ports was found on 127.0.0.1")
    }

    static func text(offset: Int) -> String {
        let places = regions.map { "  \($0.name): {cloud: \($0.cloud), jurisdictions: [\($0.jurisdiction)]}" }
        let nodes = regions.enumerated().map { (index, region) in
            let number = index + 1
            return "  - {name: \(region.name), number: \(number), region: \(region.name), host: 127.0.0.1, "
                + "peerPort: \(7100 + offset + number), apiPort: \(7200 + offset + number), "
                + "metricsPort: \(7300 + offset + number)}"
        }
        return """
            cluster: {name: demo}
            trustDomain: claviger.local
            operators: [spiffe://claviger.local/operator/admin]
            clouds: [aws, gcp, azure]
            regions:
            \(places.joined(separator: "\n"))
            nodes:
            \(nodes.joined(separator: "\n"))
            directory: {voters: [eu-west, eu-central, eu-north, us-east, us-central]}
            placements:
              eu: {jurisdictions: [EU], replicas: 3, leaderPreference: [eu-west, eu-central], survive: region}
              us: {jurisdictions: [US], replicas: 3, leaderPreference: [us-east, us-central], survive: region}

            """
    }
}
