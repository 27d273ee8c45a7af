import Chaos
import FoundationEssentials
import Glibc
import Testing

/// The library under programs of the system, as it is under a node.
@Suite(.enabled(if: FaultTrial.isPossible)) struct FaultLibraryTests {
    @Test func withoutAPageEverythingIsAsItIs() throws {
        let trial = try FaultTrial()
        var variables = FaultPage.environment(page: "", data: trial.data)
        let date = try trial.run("/usr/bin/date", "+%s", variables: variables)
        let shown = try #require(Int(date.text.trimmingSuffix))
        #expect(abs(shown - time(nil)) <= 60)
        #expect(trial.page.seen.processes == 0)
        variables["CLAVIGER_FAULTS"] = "\(trial.folder)/none"
        let mistaken = try trial.run("/usr/bin/true", variables: variables)
        #expect(mistaken.code == 0)
        #expect(mistaken.text.contains("/none cannot be opened; no faults"))
    }

    @Test func syncsBelowTheDataTakeLonger() throws {
        let trial = try FaultTrial()
        trial.page.apply(.slow(.milliseconds(300)))
        let began = ContinuousClock.now
        let code = try trial.fill("store/file", blocks: 2, synced: true)
        #expect(code == 0)
        #expect(ContinuousClock.now - began >= .milliseconds(300))
        #expect(trial.page.seen.slowSyncs == 1)
        let outside = try trial.run("/usr/bin/sync", "\(trial.folder)/page")
        #expect(outside.code == 0)
        #expect(trial.page.seen.slowSyncs == 1)
    }

    @Test func aSyncFailsOnceOrAlways() throws {
        let trial = try FaultTrial()
        let file = "\(trial.data)/audit/file"
        let made = try trial.fill("audit/file", blocks: 1)
        #expect(made == 0)
        trial.page.apply(.failing(once: true))
        let first = try trial.run("/usr/bin/sync", "--data", file)
        #expect(first.code == 1)
        #expect(first.text.contains("Input/output error"))
        let second = try trial.run("/usr/bin/sync", file)
        #expect(second.code == 0)
        trial.page.apply(.failing(once: false))
        for _ in 0..<2 {
            let folder = try trial.run("/usr/bin/sync", "\(trial.data)/audit")
            #expect(folder.code == 1)
        }
        #expect(trial.page.seen.failedSyncs == 3)
        trial.page.reset()
        let last = try trial.run("/usr/bin/sync", file)
        #expect(last.code == 0)
    }

    @Test func aFullAreaTakesWhatFitsAndNoMore() throws {
        let trial = try FaultTrial()
        trial.page.apply(.space(.store, bytes: 10_000))
        let full = try trial.fill("store/file", blocks: 10)
        #expect(full == 1)
        #expect(trial.length(of: "store/file") == 10_000)
        #expect(trial.page.space(of: .store) == 0)
        #expect(trial.page.seen.refusedWrites == 1)
        let elsewhere = try trial.fill("audit/file", blocks: 10)
        #expect(elsewhere == 0)
        let over = try trial.fill("store/file", blocks: 2)
        #expect(over == 0)
        trial.page.apply(.space(.store, bytes: 1 << 20))
        let freed = try trial.fill("store/file", blocks: 10)
        #expect(freed == 0)
        #expect(trial.page.space(of: .store) == 1 << 20 - 30_960)
    }

    @Test func whatIsRemovedIsGivenBack() throws {
        let trial = try FaultTrial()
        for file in ["a", "b", "c", "d"] {
            let code = try trial.fill("store/\(file)", blocks: 2)
            #expect(code == 0)
        }
        trial.page.apply(.space(.all, bytes: 0))
        _ = try trial.run("/usr/bin/rm", "\(trial.data)/store/a")
        #expect(trial.page.space(of: .all) == 8192)
        _ = try trial.run("/usr/bin/mv", "\(trial.data)/store/b", "\(trial.data)/store/c")
        #expect(trial.page.space(of: .all) == 16_384)
        _ = try trial.run("/usr/bin/truncate", "-s", "1000", "\(trial.data)/store/d")
        #expect(trial.page.space(of: .all) == 16_384 + 7192)
        let grown = try trial.run("/usr/bin/truncate", "-s", "1000000", "\(trial.data)/store/d")
        #expect(grown.code == 1)
        let reserved = try trial.run("/usr/bin/fallocate", "-l", "1000000", "\(trial.data)/store/e")
        #expect(reserved.code == 1)
        #expect(trial.page.space(of: .all) == 16_384 + 7192)
    }

    @Test func whatIsLeftIsShownAsFree() throws {
        let trial = try FaultTrial()
        trial.page.apply(.space(.audit, bytes: 1 << 20))
        let audit = try trial.run("/usr/bin/stat", "-f", "-c", "%a %S", "\(trial.data)/audit")
        let numbers = audit.text.trimmingSuffix.split(separator: " ").compactMap { Int($0) }
        #expect(numbers.count == 2 && numbers.reduce(1, *) == 1 << 20)
        let store = try trial.run("/usr/bin/stat", "-f", "-c", "%a %S", "\(trial.data)/store")
        #expect(store.text != audit.text)
    }

    @Test(arguments: [600, -600, 40 * 86_400, -40 * 86_400])
    func theWallClockStepsAndWaitsStay(step: Int) throws {
        let trial = try FaultTrial()
        trial.page.stepClock(by: .seconds(step))
        let before = time(nil)
        let began = ContinuousClock.now
        let date = try trial.run("/bin/sh", "-c", "sleep 0.3; date +%s")
        #expect(ContinuousClock.now - began >= .milliseconds(300))
        let shown = try #require(Int(date.text.trimmingSuffix))
        #expect(shown - step >= before && shown - step <= time(nil))
    }

    @Test func waitsAreByTheProcessesOwnClock() throws {
        let trial = try FaultTrial()
        trial.page.setClockRate(0.5)
        usleep(25_000)
        let began = ContinuousClock.now
        _ = try trial.run("/usr/bin/sleep", "0.3")
        #expect(ContinuousClock.now - began >= .milliseconds(600))
        trial.page.setClockRate(100)
        usleep(25_000)
        let fast = ContinuousClock.now
        _ = try trial.run("/usr/bin/sleep", "60")
        #expect(ContinuousClock.now - fast < .seconds(30))
        let date = try trial.run("/usr/bin/date", "+%s")
        let shown = try #require(Int(date.text.trimmingSuffix))
        #expect(shown >= time(nil) + 30)
    }
}

extension String {
    /// Without the line's end.
    fileprivate var trimmingSuffix: String { hasSuffix("\n") ? String(dropLast()) : self }
}
