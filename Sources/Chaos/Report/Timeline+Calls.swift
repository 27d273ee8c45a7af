extension Timeline {
    /// Computes it from the calls and events of a run. `places` gives the regions of nodes; where it does not, a region
    /// that begins a node's name is taken.
    package init(of record: RunRecord, step: Duration = .milliseconds(250), places: [String: String] = [:]) {
        let width = max(1_000_000, Int64(step / .nanoseconds(1)))
        let calls = record.calls.compactMap(SortedCall.init)
        let last = calls.map { $0.end ?? $0.start }.max() ?? 0
        let length = max(Int64(record.scenario.length / .nanoseconds(1)), last, width)
        let frame = Frame(width: width, steps: Int(min(100_000, (length + width - 1) / width)), length: length)
        let marks = TimelineMarks(record.events, schedule: record.scenario.schedule, length: length)
        let firstFault = record.events.first { $0.kind == .fault }?.at ?? 0
        var lanes: [Lane] = []
        var gaps: [Gap] = []
        for traffic in Traffic.allCases {
            let mine = calls.filter { $0.traffic == traffic }
            let regions = Set(mine.map(\.region)).sorted()
            for region in regions.isEmpty ? [] : [""] + regions {
                let here = region.isEmpty ? mine : mine.filter { $0.region == region }
                lanes.append(frame.lane(traffic, region, here))
                if let gap = frame.gap(traffic, region, here, after: firstFault) { gaps.append(gap) }
            }
        }
        self.init(
            step: Double(width) / 1e9, length: Self.seconds(length), lanes: lanes, failures: frame.failures(calls),
            leaders: marks.leaders, bands: marks.bands, down: marks.down, gaps: gaps,
            places: Self.places(marks.nodes, known: places, regions: Set(calls.map(\.region))))
    }

    private static func places(
        _ nodes: Set<String>, known: [String: String], regions: Set<String>
    ) -> [String: String] {
        nodes.reduce(into: [:]) { places, node in
            let guess = regions.filter { node == $0 || node.hasPrefix("\($0)-") }.max { $0.count < $1.count }
            places[node] = known[node] ?? guess
        }
    }

    /// Refusals that answer the question, so that nobody would call the service away.
    private static let answers: Set<String> = [
        "invalidRequest", "ciphertextRejected", "permissionDenied", "sovereigntyViolation", "keyNotFound",
        "alreadyExists", "invalidKeyState", "generationConflict",
    ]

    /// A call with what the time line asks about it.
    private struct SortedCall {
        let traffic: Traffic
        let region: String
        let start: Int64
        let end: Int64?
        /// Why there is no answer; nil if there is one.
        let failure: String?

        /// Nil for probes, and for calls before the load and after it.
        init?(_ call: ChaosCall) {
            guard call.start >= 0, ![.probe, .revocation, .look].contains(call.load) else { return nil }
            if call.load == .kubernetes {
                traffic = .kubernetes
            } else if call.isWrite {
                traffic = .writes
            } else {
                traffic = call.isCrypto ? .crypto : .reads
            }
            region = call.region
            start = call.start
            end = call.end.map { max(call.start, $0) }
            switch call.outcome {
            case .done(.status(isHealthy: false, _)): failure = "unhealthy"
            case .done: failure = nil
            case .refused(let code): failure = answers.contains(code) ? nil : code
            case .unknown(let code): failure = code
            case nil: failure = "no answer"
            }
        }
    }

    /// Steps of one width.
    private struct Frame {
        let width: Int64
        let steps: Int
        let length: Int64

        func step(of time: Int64) -> Int { Int(min(Int64(steps - 1), max(0, time / width))) }

        func lane(_ traffic: Traffic, _ region: String, _ calls: [SortedCall]) -> Lane {
            var counts = [Int](repeating: 0, count: steps)
            var times = [[Int64]](repeating: [], count: steps)
            for call in calls where call.failure == nil {
                guard let end = call.end else { continue }
                counts[step(of: end)] += 1
                times[step(of: call.start)].append(end - call.start)
            }
            for index in times.indices { times[index].sort() }
            let perSecond = 1e9 / Double(width)
            return Lane(
                traffic: traffic, region: region, rate: counts.map { Double($0) * perSecond },
                p50: times.map { Self.quantile(0.5, of: $0) }, p99: times.map { Self.quantile(0.99, of: $0) },
                longest: times.map { Self.quantile(1, of: $0) })
        }

        /// Milliseconds to the hundredth: the smallest time that so large a share of all does not exceed.
        private static func quantile(_ share: Double, of sorted: [Int64]) -> Double? {
            guard !sorted.isEmpty else { return nil }
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return (Double(sorted[min(sorted.count, max(1, rank)) - 1]) / 1e4).rounded() / 100
        }

        func failures(_ calls: [SortedCall]) -> [Failures] {
            struct Kind: Hashable {
                let traffic: Traffic
                let region: String
                let code: String
            }
            var counts: [Kind: [Int: Int]] = [:]
            for call in calls {
                guard let code = call.failure else { continue }
                let kind = Kind(traffic: call.traffic, region: call.region, code: code)
                counts[kind, default: [:]][step(of: call.end ?? call.start), default: 0] += 1
            }
            return counts.map { kind, counts in
                Failures(
                    traffic: kind.traffic, region: kind.region, code: kind.code,
                    counts: counts.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
            }.sorted {
                ($0.traffic.rawValue, $0.region, $0.code) < ($1.traffic.rawValue, $1.region, $1.code)
            }
        }

        /// Also before the first answer and after the last.
        func gap(_ traffic: Traffic, _ region: String, _ calls: [SortedCall], after first: Int64) -> Gap? {
            let ends = calls.filter { $0.failure == nil }.compactMap(\.end).sorted()
            let edges = [0] + ends + [max(length, ends.last ?? 0)]
            let gaps = zip(edges, edges.dropFirst()).filter { $1 > first }
            guard let (from, until) = gaps.max(by: { $0.1 - $0.0 < $1.1 - $1.0 }) else { return nil }
            return Gap(traffic: traffic, region: region, from: seconds(from), until: seconds(until))
        }
    }
}
