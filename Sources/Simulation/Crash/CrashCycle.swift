import Raft
import Storage

/// One store from its first start on: one to three lives, each ended by a crash, each followed by a comparison.
struct CrashCycle {
    private let number: Int
    private let disk: CrashDisk
    private var work: CrashWorkload
    private var random: Randomness
    private var report: CrashReport

    private init(number: Int, seed: UInt64, disk: CrashDisk) {
        self.number = number
        self.disk = disk
        random = Randomness(seed: Self.seed(seed, number))
        work = CrashWorkload(disk: disk, seed: random.next(), diesInInstallations: true)
        report = CrashReport(seed: seed)
    }

    /// The seed of a cycle.
    static func seed(_ seed: UInt64, _ number: Int) -> UInt64 {
        var mixer = Randomness(seed: seed ^ (UInt64(truncatingIfNeeded: number) &* 0xD6E8_FEB8_6659_FD93))
        return mixer.next()
    }

    /// Runs the cycle in an empty folder.
    static func run(number: Int, seed: UInt64, folder: ScratchFolder) -> CrashReport {
        folder.clear()
        guard let disk = CrashDisk(root: folder.path) else {
            var report = CrashReport(seed: seed)
            report.failures = [CrashReport.Failure(cycle: number, text: "cannot read \(folder.path)")]
            return report
        }
        var cycle = CrashCycle(number: number, seed: seed, disk: disk)
        cycle.run()
        return cycle.report
    }

    private mutating func run() {
        report.cycles = 1
        do {
            try live()
        } catch let wrong as WrongAnswer {
            fail(wrong.text)
        } catch {
            fail("unexpected: \(error)")
        }
        work.abandon()
        for (step, count) in work.done { report.calls[step.rawValue] = count }
    }

    private mutating func fail(_ text: String) {
        report.failures.append(CrashReport.Failure(cycle: number, text: "after \(work.step.rawValue): \(text)"))
    }

    private mutating func live() throws {
        for life in 0..<(1 + random.draw(below: 3)) {
            plan(isFirst: life == 0)
            try spend(20 + random.draw(below: 120))
            let mode = CrashMode.allCases[random.draw(below: CrashMode.allCases.count)]
            try crash(mode)
            guard try recover(after: mode) else { return }
        }
    }

    /// Where the machine dies or the disk refuses. Most lives end before their calls do.
    private mutating func plan(isFirst: Bool) {
        let reach = isFirst && random.draw(below: 100) < 15 ? 60 : 700
        let at = UInt64(1 + random.draw(below: reach))
        let isRefusal = random.draw(below: 100) < 20
        disk.plan(killIn: isRefusal ? nil : at, refuseIn: isRefusal ? at : nil)
    }

    /// Calls until one of them meets the end. A call that fails without a fault is wrong.
    private mutating func spend(_ calls: Int) throws {
        do {
            if work.store == nil { try work.open() }
            try work.checkLife()
            for _ in 0..<calls where !disk.isDead { try work.run() }
        } catch let error as StorageError {
            guard disk.isDead || disk.hasRefused else {
                throw WrongAnswer(text: "the store failed on a sound disk: \(error)")
            }
        }
        report.during[work.step.rawValue, default: 0] += 1
        if disk.hasRefused { report.refusals += 1 }
    }

    private mutating func crash(_ mode: CrashMode) throws {
        work.abandon()
        report.crashes[mode.rawValue, default: 0] += 1
        guard let lost = disk.crash(mode, seed: random.next()) else {
            throw WrongAnswer(text: "the simulated disk cannot be written")
        }
        report.lostBytes += lost
    }

    /// Opens the store and compares. False when the store refused, as it may where sectors are torn.
    private mutating func recover(after mode: CrashMode) throws -> Bool {
        var isTorn = mode == .torn
        var crashes = mode.rawValue
        do throws(StorageError) {
            if random.draw(below: 100) < 25 {
                let second = CrashMode.allCases[random.draw(below: CrashMode.allCases.count)]
                if try openDying(within: 80) { report.crashesInRecovery += 1 }
                isTorn = isTorn || second == .torn
                crashes += " and \(second.rawValue)"
                work.abandon()
                guard let lost = disk.crash(second, seed: random.next()) else { return false }
                report.lostBytes += lost
            }
            try openWhole()
        } catch {
            guard isTorn, case .damaged = error else {
                throw WrongAnswer(text: "nothing acknowledged was lost (\(crashes)) and the store refuses: \(error)")
            }
            report.refused += 1
            return false
        }
        try compare()
        return true
    }

    /// Opens the store on a machine that may die meanwhile. Whether it did.
    private mutating func openDying(within steps: Int) throws(StorageError) -> Bool {
        disk.plan(killIn: UInt64(1 + random.draw(below: steps)))
        do throws(StorageError) {
            try openWhole()
        } catch {
            guard disk.isDead else { throw error }
        }
        return disk.isDead
    }

    private mutating func openWhole() throws(StorageError) {
        do {
            try work.open()
        } catch let error as StorageError {
            throw error
        } catch {
            throw .failed("\(error)")
        }
    }

    private mutating func compare() throws {
        guard let store = work.store else { throw WrongAnswer(text: "there is no store") }
        let found = try StoreModel(reading: store)
        guard let place = work.allowed.lastIndex(of: found) else {
            let newest = work.allowed.last.map { found.difference(from: $0) } ?? ""
            let oldest = work.allowed.first.map { found.difference(from: $0) } ?? ""
            throw WrongAnswer(
                text: "the store holds none of the \(work.allowed.count) states it may; from the newest: \(newest); "
                    + "from the one acknowledged: \(oldest)")
        }
        report.recovered += 1
        if place < work.allowed.count - 1 { report.recoveredOlder += 1 }
        work.restart(with: found)
        try work.resumeTransfers()
    }
}
