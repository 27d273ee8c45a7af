import Topology

/// Loads as the file has them: a list of kinds, each with the placement and the rate.
struct LoadText {
    let cast: ScenarioCast

    func loads(_ value: YAMLValue) throws(TopologyError) -> [Load] {
        var loads: [Load] = []
        for item in try value.items() {
            let load = try load(item)
            guard !loads.contains(where: { $0.kind == load.kind && $0.placement == load.placement }) else {
                throw item.error("there is another load of '\(load.kind.rawValue)' on '\(load.placement)'")
            }
            loads.append(load)
        }
        guard !loads.isEmpty else { throw value.error("there is no load") }
        return loads
    }

    private func load(_ value: YAMLValue) throws(TopologyError) -> Load {
        let members = try value.members()
        let known = kinds.map(\.rawValue)
        guard let (name, body) = members.first, members.count == 1 else {
            throw value.error("a load is one kind and its settings; kinds: \(known.joined(separator: ", "))")
        }
        guard let kind = kinds.first(where: { $0.rawValue == name }) else {
            throw body.error(
                "there is no such load of \(cast.subject.rawValue); known here: \(known.joined(separator: ", "))")
        }
        let settings = Self.settings(of: kind)
        let fields = try body.fields(known: ["placement"] + settings)
        var load = Load(kind, placement: try cast.placement(fields.required("placement")), rate: 1)
        if settings.contains("rate") { load.rate = try fields.required("rate").number(in: 0.1...10_000) }
        if let clients = fields.optional("clients") { load.clients = try clients.integer(in: 1...64) }
        if let keys = fields.optional("keys") { load.keys = try keys.integer(in: 1...10_000) }
        if let regions = fields.optional("regions") { load.regions = try self.regions(regions) }
        return load
    }

    /// What can be asked of whom.
    private var kinds: [Load.Kind] {
        switch cast.subject {
        case .claviger: Load.Kind.ofFiles.filter { $0 != .registers }
        case .etcd: [.writes, .registers]
        }
    }

    /// Keys beside the placement that change anything. A revocation has a pace of its own.
    private static func settings(of kind: Load.Kind) -> [String] {
        switch kind {
        case .writes, .crypto, .kubernetes: ["rate", "regions"]
        case .lifecycle, .registers: ["rate", "clients", "keys", "regions"]
        case .probe: ["rate"]
        case .policies: ["rate", "keys", "regions"]
        case .listing: ["rate", "clients", "regions"]
        case .revocation: ["regions"]
        case .overload, .look: []
        }
    }

    private func regions(_ value: YAMLValue) throws(TopologyError) -> [String] {
        var regions: [String] = []
        for item in try value.items() {
            let region = try cast.region(item)
            guard !regions.contains(region) else { throw item.error("'\(region)' is listed twice") }
            regions.append(region)
        }
        guard !regions.isEmpty else { throw value.error("no region is listed") }
        return regions
    }
}
