import Synchronization

/// Does to a stage what a scenario's schedule says, and undoes it.
package final class FaultPlayer: Sendable {
    /// A fault that began, and how it ends.
    package struct Begun: Sendable {
        let fault: Fault
        let place: Whereabouts
        /// What stands in the time line.
        package let words: String
        /// Ends the time in which its nodes are affected.
        fileprivate let concern: Int
        fileprivate let undo: @Sendable () async throws -> Void
    }

    /// Whom a fault is about: all together, and one by one the sides that it parts.
    struct Scene {
        var place = Whereabouts()
        var sides: [Whereabouts] = []

        init(_ sides: [Whereabouts] = []) {
            self.sides = sides
            for side in sides { place.add(side) }
        }
    }

    struct State {
        /// Whom the last fault was about.
        var last = Whereabouts()
        /// By the stage's numbers.
        var network: [Int: NetworkFault] = [:]
        /// The keeper's numbers of the times in which faults of the network affect regions, by the stage's.
        var concerns: [Int: Int] = [:]
        var down: Set<String> = []
        /// The keeper's numbers of faults that end for a node when it is started again, and when it is resumed.
        var outages: Set<Int> = []
        var pauses: Set<Int> = []
        /// Holders of the placements that have loads.
        var holders: [[String]] = []
        /// Nodes whose disks and clocks are not as they were.
        var touched: Set<String> = []
        var slowed: Set<String> = []
        var paused: Set<String> = []
        var disabled: Set<String> = []
        var isOverloaded = false
    }

    let stage: any ChaosStage
    let loads: LoadRunner
    let keeper: RunKeeper
    private let line = NodeLine()
    let state = Mutex(State())

    /// Nothing was done yet.
    ///
    /// - Parameter placements: those that have loads: of their holders it is known who reaches a quorum.
    package init(stage: any ChaosStage, loads: LoadRunner, keeper: RunKeeper, placements: [String]) {
        self.stage = stage
        self.loads = loads
        self.keeper = keeper
        state.withLock { $0.holders = placements.map(stage.nodes(of:)) }
    }

    // MARK: - Who is meant

    /// Asks who is meant now. `same` is whom the fault before was about.
    func resolve(_ targets: [Target]) async throws -> Whereabouts {
        let last = state.withLock { $0.last }
        let others = targets.filter { $0 != .same }
        var place = others.isEmpty ? Whereabouts() : try await stage.resolve(others)
        if others.count < targets.count {
            place.nodes += last.nodes.filter { !place.nodes.contains($0) }
            place.clients += last.clients.filter { !place.clients.contains($0) }
        }
        return place
    }

    /// Begins a fault. Returns when it is in effect; of one that takes its time when that is over. `onPlaced` is called
    /// as soon as it is known who is meant. Throws what the stage throws.
    package func begin(_ fault: Fault, onPlaced: @Sendable () -> Void) async throws -> Begun {
        let scene = try await scene(of: fault)
        let place = scene.place
        state.withLock { $0.last = place }
        onPlaced()
        let words = FaultText.begin(fault, at: Self.words(place))
        let concern = keeper.affect(nodes: place.nodes, at: stage.now)
        keeper.note(RunRecord.Event(at: stage.now, .fault, words, nodes: place.nodes))
        let undo = try await perform(fault, at: scene)
        if fault.isOver { keeper.relieve(concern, at: stage.now) }
        switch fault {
        case .kill, .end, .losePower: state.withLock { _ = $0.outages.insert(concern) }
        case .pause: state.withLock { _ = $0.pauses.insert(concern) }
        default: break
        }
        return Begun(fault: fault, place: place, words: words, concern: concern, undo: undo)
    }

    /// Undoes a fault. Throws what the stage throws.
    package func end(_ begun: Begun) async throws {
        let words = FaultText.undo(begun.fault, at: Self.words(begun.place))
        keeper.note(RunRecord.Event(at: stage.now, .undone, words, nodes: begun.place.nodes))
        try await begun.undo()
        keeper.relieve(begun.concern, at: stage.now)
    }

    /// Asks who is meant, everybody once: who leads may change from one question to the next.
    private func scene(of fault: Fault) async throws -> Scene {
        switch fault {
        case .kill(let targets), .end(let targets), .start(let targets), .pause(let targets), .resume(let targets),
            .roll(let targets), .losePower(let targets), .disk(let targets, _), .clockStep(let targets, _),
            .clockRate(let targets, _), .slowProcessor(let targets, _), .wipe(let targets):
            return Scene([try await resolve(targets)])
        case .cut(let one, let other, _), .flap(let one, let other, _), .link(let one, let other, _, _):
            return Scene([try await resolve(one), try await resolve(other)])
        case .split(let groups):
            var sides: [Whereabouts] = []
            for group in groups { sides.append(try await resolve(group)) }
            return Scene(sides)
        case .loseRegion(let target), .rejoin(let target), .transfer(_, let target), .pull(_, let target):
            return Scene([try await resolve([target])])
        case .mend, .disableKey, .storm, .overload: return Scene()
        }
    }

    private static func words(_ place: Whereabouts) -> String {
        (place.nodes + place.clients.map { "clients of \($0)" }).joined(separator: ", ")
    }

    // MARK: - What is done

    private func perform(_ fault: Fault, at scene: Scene) async throws -> @Sendable () async throws -> Void {
        let (stage, loads, nodes) = (stage, loads, scene.place.nodes)
        switch fault {
        case .kill:
            try await takeDown(nodes) { try await stage.kill(nodes) }
            return { try await self.start(nodes) }
        case .end:
            try await takeDown(nodes) { try await stage.stop(nodes) }
            return { try await self.start(nodes) }
        case .losePower:
            try await takeDown(nodes) { try await stage.losePower(nodes) }
            return { try await self.start(nodes) }
        case .start: try await start(nodes)
        case .pause:
            markDown(nodes)
            try stage.pause(nodes)
            state.withLock { $0.paused.formUnion(nodes) }
            return { try self.resume(nodes) }
        case .resume: try resume(nodes)
        case .roll:
            for node in nodes {
                try await takeDown([node]) { try await stage.stop([node]) }
                try await start([node])
            }
        case .disk, .clockStep, .clockRate, .slowProcessor: return try spoil(nodes, with: fault)
        case .wipe: try await line.perform(on: nodes) { try await stage.wipe(nodes) }
        case .rejoin: for node in nodes { try await stage.rejoin(node) }
        case .transfer(let placement, _):
            guard let node = nodes.first else { throw ChaosError(placement, "there is no node to hand over to") }
            try await stage.transfer(placement: placement, to: node)
        case .loseRegion, .cut, .split, .flap, .link, .mend: return try await disturb(fault, at: scene)
        case .disableKey(let placement):
            try await loads.disableKey(placement: placement)
            state.withLock { _ = $0.disabled.insert(placement) }
            return { try await self.enableKey(of: placement) }
        case .storm(let placement, let clusters, let seeds):
            let storm = await loads.storm(placement: placement, clusters: clusters, seeds: seeds)
            keeper.change { $0.storms.append(storm) }
        case .overload(let placement, let callers):
            loads.overload(placement: placement, callers: callers)
            state.withLock { $0.isOverloaded = true }
            return { await self.endOverload() }
        case .pull(let placement, _):
            let given = try await stage.pull(
                placement: placement, from: nodes, ciphertexts: loads.ciphertexts(of: placement))
            keeper.change { $0.leaks += given }
        }
        return {}
    }

    /// What goes wrong with the machine of a node that runs on.
    private func spoil(_ nodes: [String], with fault: Fault) throws -> @Sendable () async throws -> Void {
        let stage = stage
        switch fault {
        case .disk(_, let fault):
            state.withLock { $0.touched.formUnion(nodes) }
            try stage.apply(fault, to: nodes)
            return { try stage.apply(fault.undone, to: nodes) }
        case .clockStep(_, let step):
            state.withLock { $0.touched.formUnion(nodes) }
            try stage.stepClock(of: nodes, by: step)
            return { try stage.stepClock(of: nodes, by: .zero - step) }
        case .clockRate(_, let rate):
            state.withLock { $0.touched.formUnion(nodes) }
            try stage.setClockRate(of: nodes, rate)
            return { try stage.setClockRate(of: nodes, 1) }
        case .slowProcessor(_, let share):
            state.withLock { $0.slowed.formUnion(nodes) }
            try stage.slowProcessor(nodes, share: share)
            return { try stage.slowProcessor(nodes, share: nil) }
        default: return {}
        }
    }

    func markDown(_ nodes: [String]) {
        state.withLock { $0.down.formUnion(nodes) }
        judgeReach()
    }

    func takeDown(_ nodes: [String], _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await line.perform(on: nodes) {
            self.markDown(nodes)
            try await body()
        }
    }

    /// From its start on, not only when it says that it is ready, a node may make a quorum.
    func start(_ nodes: [String]) async throws {
        let stage = stage
        try await line.perform(on: nodes) {
            self.markUp(nodes)
            try await stage.start(nodes)
        }
        keeper.relieve(state.withLock { $0.outages }, of: nodes, at: stage.now)
    }

    private func markUp(_ nodes: [String]) {
        state.withLock { $0.down.subtract(nodes) }
        judgeReach()
    }

    private func resume(_ nodes: [String]) throws {
        markUp(nodes)
        state.withLock { $0.paused.subtract(nodes) }
        try stage.resume(nodes)
        keeper.relieve(state.withLock { $0.pauses }, of: nodes, at: stage.now)
    }

    private func enableKey(of placement: String) async throws {
        try await loads.enableKey(placement: placement)
        state.withLock { _ = $0.disabled.remove(placement) }
    }

    private func endOverload() async {
        await loads.endOverload()
        state.withLock { $0.isOverloaded = false }
    }

    // MARK: - The end

    /// Undoes whatever is left, so that all can be looked at: what does not come back is a mishap.
    package func undoAll() async {
        let left = state.withLock { $0 }
        await attempt("the processors") { try self.stage.slowProcessor(Array(left.slowed), share: nil) }
        await attempt("pauses") { if !left.paused.isEmpty { try self.resume(left.paused.sorted()) } }
        await attempt("disks and clocks") { try self.stage.resetFaults(of: left.touched.sorted()) }
        mendNetwork()
        if left.isOverloaded { await endOverload() }
        for placement in left.disabled.sorted() {
            await attempt("the key of \(placement)") { try await self.enableKey(of: placement) }
        }
        let nodes = stage.nodes
        await attempt("nodes") { try await self.start(nodes) }
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do { try await body() } catch { keeper.mishap("\(what) did not come back: \(error)") }
    }
}

extension Fault {
    /// Whether nothing of it goes on when it was performed. Of one that goes on, only its own undoing is an end.
    fileprivate var isOver: Bool {
        switch self {
        case .start, .resume, .roll, .wipe, .rejoin, .transfer, .pull, .mend, .storm: true
        default: false
        }
    }
}

extension DiskFault {
    /// The disk as it should be.
    var undone: DiskFault {
        switch self {
        case .slow: .slow(.zero)
        case .failing, .sound: .sound
        case .space(let area, _): .space(area, bytes: -1)
        }
    }
}
