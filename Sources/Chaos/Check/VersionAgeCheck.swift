/// Whether what protects does not fall back behind a version that was seen in use longer ago than the bound of
/// staleness.
struct VersionAgeCheck: Sendable {
    private(set) var findings: [Finding] = []

    /// That a client knew, from this time on, of a version in use.
    private struct Sighting {
        var at: Int64
        var version: UInt32
        var call: Int
    }

    init(_ record: RunRecord, staleness: StalenessBounds) {
        var keys: [String: (sightings: [Sighting], encrypted: [(call: ChaosCall, version: UInt32)])] = [:]
        for call in record.calls {
            guard let end = call.end, case .done(let answer) = call.outcome else { continue }
            switch answer {
            case .key(let facts):
                keys[call.subject, default: ([], [])].sightings.append(
                    Sighting(at: end, version: facts.primary, call: call.number))
            case .encrypted(_, let version):
                keys[call.subject, default: ([], [])].encrypted.append((call, version))
                keys[call.subject, default: ([], [])].sightings.append(
                    Sighting(at: end, version: version, call: call.number))
            default: continue
            }
        }
        for (key, seen) in keys.sorted(by: { $0.key < $1.key }) {
            judge(key, seen.sightings, seen.encrypted, staleness)
        }
    }

    private mutating func judge(
        _ key: String, _ sightings: [Sighting], _ encrypted: [(call: ChaosCall, version: UInt32)],
        _ staleness: StalenessBounds
    ) {
        let sightings = sightings.sorted { ($0.at, $0.call) < ($1.at, $1.call) }
        var next = 0
        var newest: Sighting?
        for (call, version) in encrypted.sorted(by: {
            ($0.call.start, $0.call.number) < ($1.call.start, $1.call.number)
        }) {
            let limit = call.start - staleness[call.placement]
            while next < sightings.count, sightings[next].at < limit {
                if sightings[next].version > newest?.version ?? 0 { newest = sightings[next] }
                next += 1
            }
            guard let newest, version < newest.version else { continue }
            findings.append(
                Finding(
                    .oldVersion,
                    "\(key) protected with version \(version) in \(call.words), "
                        + "\(RunTime.text(call.start - newest.at)) after call \(newest.call) had shown version "
                        + "\(newest.version)",
                    calls: [newest.call, call.number]))
        }
    }
}
