import ClientAPI
import NIOCore
import Synchronization
import Topology

extension FederationStage {
    /// Keys of a placement whose names and ids are looked for.
    private static let keyLimit = 200

    package func leakScan(
        patterns: [(label: String, bytes: [UInt8], placement: String)]
    ) async throws -> [String] {
        var wanted = patterns.map { LeakSearch.Wanted(label: $0.label, bytes: $0.bytes, placement: $0.placement) }
        for placement in topology.placements { wanted += try await names(of: placement.name) }
        let search = LeakSearch(wanted: wanted)
        let placements = topology.placements.map(\.name)
        for placement in placements { try await checkSearch(search, placement) }
        var leaks: [String] = []
        for node in nodes {
            let held = Set(placements.filter { nodes(of: $0).contains(node) })
            guard held.count < placements.count else { continue }
            leaks += try await searchDisk(of: node, search.search(outside: held))
            let brought = state.withLock { $0.brought }
            leaks += try await searchMemory(of: node, search.search(outside: held, except: brought))
        }
        return leaks
    }

    /// Names and ids of a placement's keys, as its holders have them.
    private func names(of placement: String) async throws -> [LeakSearch.Wanted] {
        var wanted: [LeakSearch.Wanted] = []
        let client = try commander
        try await patiently("the keys of \(placement) cannot be listed") {
            let page = try await client.listKeys(
                prefix: "\(placement)/", pageSize: UInt32(Self.keyLimit), timeout: .seconds(10))
            wanted = page.keys.flatMap { key in
                [
                    LeakSearch.Wanted(label: "name \(key.name)", bytes: Array(key.name.utf8), placement: placement),
                    LeakSearch.Wanted(label: "id of \(key.name)", bytes: Array(key.id), placement: placement),
                ]
            }
        }
        return wanted
    }

    /// A search that finds nothing anywhere would prove nothing: where a placement is at home it must find something.
    private func checkSearch(_ search: LeakSearch, _ placement: String) async throws {
        let own = search.search(of: placement)
        var (onDisk, inMemory) = (false, false)
        for holder in nodes(of: placement) {
            if !onDisk, !state.withLock({ $0.wiped.contains(holder) }) {
                onDisk = try await !searchDisk(of: holder, own).isEmpty
            }
            if !inMemory { inMemory = try await !searchMemory(of: holder, own).isEmpty }
            if onDisk, inMemory { return }
        }
        throw ChaosError(
            "the search for leaks",
            "finds nothing of \(placement) even \(onDisk ? "in the memories" : "on the disks") of its own holders")
    }

    private func searchDisk(of node: String, _ search: CanarySearch) async throws -> [String] {
        let path = federation.layout.node(node).path
        return try await BlockingCall.run {
            var findings = CanaryFindings()
            try search.search(path, into: &findings)
            return findings.hits.map { "\(node): \($0.label) in \($0.path)" }
        }
    }

    private func searchMemory(of node: String, _ search: CanarySearch) async throws -> [String] {
        guard let pid = try processes[node].pid else {
            throw ChaosError("the search for leaks", "\(node) does not run, so its memory cannot be searched")
        }
        return try await BlockingCall.run {
            var found: Set<String> = []
            guard try ProcessMemory(pid: pid).search(search, into: &found) > 0 else {
                throw ChaosError("the search for leaks", "nothing of the memory of \(node) can be read")
            }
            return found.sorted().map { "\(node): \($0) in its memory" }
        }
    }
}
