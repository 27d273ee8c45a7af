import CFaultPage
import Chaos
import FoundationEssentials
import Glibc
import Testing

@Suite struct FaultPageTests {
    @Test func aFileIsMadeOnceAndOfFixedSize() throws {
        let trial = try FaultTrial()
        #expect(trial.bytes().count == Int(CLAVIGER_FAULT_PAGE_BYTES))
        #expect(throws: ChaosError.self) { try FaultPage(creating: "\(trial.folder)/page") }
        #expect(throws: ChaosError.self) { try FaultPage(creating: "\(trial.folder)/none/page") }
    }

    @Test func aFreshPageHasNoFault() throws {
        let trial = try FaultTrial()
        let page = mapped(trial)
        #expect(page.magic == UInt64(CLAVIGER_FAULT_PAGE_MAGIC))
        #expect(page.active == 0)
        #expect(page.sync_delay == 0 && page.sync_failures == 0)
        #expect(page.space == (-1, -1, -1))
        let seen = trial.page.seen
        #expect(seen.processes + seen.slowSyncs + seen.failedSyncs + seen.refusedWrites == 0)
    }

    @Test func whatIsActiveFollowsTheFaults() throws {
        let trial = try FaultTrial()
        trial.page.apply(.slow(.milliseconds(200)))
        #expect(mapped(trial).sync_delay == 200_000_000)
        #expect(mapped(trial).active == CLAVIGER_FAULT_SYNC)
        trial.page.apply(.failing(once: true))
        trial.page.apply(.slow(.zero))
        #expect(mapped(trial).sync_failures == 1)
        #expect(mapped(trial).active == CLAVIGER_FAULT_SYNC)
        trial.page.apply(.failing(once: false))
        #expect(mapped(trial).sync_failures == -1)
        trial.page.apply(.space(.audit, bytes: 0))
        #expect(mapped(trial).space == (-1, 0, -1))
        #expect(mapped(trial).active == CLAVIGER_FAULT_SYNC | CLAVIGER_FAULT_SPACE)
        trial.page.apply(.space(.audit, bytes: -1))
        #expect(mapped(trial).active == CLAVIGER_FAULT_SYNC)
        trial.page.stepClock(by: .seconds(600))
        #expect(mapped(trial).active == CLAVIGER_FAULT_SYNC | CLAVIGER_FAULT_CLOCK)
        trial.page.resetDisk()
        #expect(mapped(trial).active == CLAVIGER_FAULT_CLOCK)
        trial.page.reset()
        #expect(mapped(trial).active == 0)
    }

    @Test func syncsAreNotedOnlyWhereThatWasAskedForAndThenToTheEnd() throws {
        let trial = try FaultTrial(notesSyncs: true)
        #expect(mapped(trial).active == CLAVIGER_FAULT_POWER)
        trial.page.apply(.slow(.milliseconds(200)))
        trial.page.stepClock(by: .seconds(600))
        trial.page.reset()
        #expect(mapped(trial).active == CLAVIGER_FAULT_POWER)
        #expect(trial.page.seen.notedSyncs == 0 && trial.page.seen.unnotedSyncs == 0)
    }

    @Test func clocksDoNotJumpWhenTheirRateChanges() throws {
        let trial = try FaultTrial()
        for rate in [1.2, 0.8, 4, 1] {
            trial.page.setClockRate(rate)
            var clocks = clocks(trial)
            let change = clocks.next.start
            let before = claviger_shown(&clocks, change - 1)
            let after = claviger_shown(&clocks, change)
            #expect(clocks.next.rate == Int64(rate * 1_000_000))
            #expect(after >= before && after - before <= 4)
        }
    }

    @Test func aMomentComesWhenTheClockShowsIt() {
        var clocks = claviger_clocks(
            pace: claviger_pace(start: 0, shown: 0, rate: 1_000_000),
            next: claviger_pace(start: 1_000_000, shown: 1_000_000, rate: 800_000), step: 0)
        for rate in [800_000, 1_200_000, 10_000, 100_000_000] as [Int64] {
            clocks.next.rate = rate
            var last = Int64.min
            for shown in stride(from: Int64(999_000), to: 1_004_000, by: 1) {
                let moment = claviger_true(&clocks, shown)
                let (then, earlier) = (claviger_shown(&clocks, moment), claviger_shown(&clocks, moment - 1))
                #expect(then >= shown && earlier < shown && moment >= last)
                last = moment
            }
        }
        #expect(claviger_true(&clocks, .max) > 0)
        #expect(claviger_shown(&clocks, .max) == .max)
    }

    @Test func aResetWallClockIsRightAndTheOtherGoesOn() throws {
        let trial = try FaultTrial()
        trial.page.setClockRate(100)
        usleep(60_000)
        trial.page.stepClock(by: .seconds(40 * 86_400))
        trial.page.reset()
        var now = clocks(trial)
        let later = now.next.start + 1_000_000_000
        let ahead = claviger_shown(&now, later) - later
        #expect(ahead > 0)
        #expect(now.step == -ahead)
        #expect(now.next.rate == 1_000_000)
    }

    @Test func badRatesAndStepsAreKeptWithinBounds() throws {
        let trial = try FaultTrial()
        trial.page.setClockRate(.nan)
        #expect(mapped(trial).active == 0)
        trial.page.setClockRate(0)
        #expect(clocks(trial).next.rate == 10_000)
        trial.page.setClockRate(1e12)
        #expect(clocks(trial).next.rate == 100_000_000)
        for _ in 0..<3 { trial.page.stepClock(by: .seconds(Int64.max)) }
        #expect(clocks(trial).step > 0)
        trial.page.apply(.slow(.seconds(-1)))
        trial.page.apply(.space(.all, bytes: .min))
        #expect(mapped(trial).sync_delay == 0 && mapped(trial).space.2 == -1)
    }

    @Test func theEnvironmentNamesPageAndData() {
        let variables = FaultPage.environment(page: "/run/page", data: "/run/node")
        #expect(variables["CLAVIGER_FAULTS"] == "/run/page")
        #expect(variables["CLAVIGER_FAULTS_DATA"] == "/run/node")
        #expect((variables["LD_PRELOAD"] != nil) == FaultTrial.isPossible)
    }

    private func mapped(_ trial: FaultTrial) -> claviger_fault_page {
        trial.bytes().withUnsafeBytes { $0.loadUnaligned(as: claviger_fault_page.self) }
    }

    private func clocks(_ trial: FaultTrial) -> claviger_clocks {
        let page = mapped(trial)
        return page.turn % 2 == 0 ? page.clocks.0 : page.clocks.1
    }
}
