import Raft

/// Commands `simple`, `enter-joint` and `leave-joint`: configuration changes without a group around them.
struct MembershipScenario: ScenarioInterpreter {
    let printsLogLines = false
    private var changer = MembershipChanger(limits: InflightLimits(messages: 10, bytes: 0))

    mutating func run(_ directive: ScenarioDirective) -> String {
        defer { changer.lastIndex = changer.lastIndex.next }
        do {
            var next = changer
            try Self.change(&next, directive)
            changer = next
            return RaftText.membership(changer.membership) + "\n" + RaftText.progress(changer.progressStatus)
        } catch {
            return error.text + "\n"
        }
    }

    private static func change(
        _ changer: inout MembershipChanger, _ directive: ScenarioDirective
    ) throws(ScenarioError) {
        let changes = try RaftText.changes(from: directive.input)
        do {
            switch directive.command {
            case "simple": try changer.simple(changes)
            case "enter-joint":
                try changer.enterJoint(autoLeave: directive.values(of: "autoleave") == ["true"], changes)
            case "leave-joint":
                guard changes.isEmpty else { throw ScenarioError("this command takes no input") }
                try changer.leaveJoint()
            default: throw ScenarioError("unknown command")
            }
        } catch let error as MembershipChangeError {
            throw ScenarioError(text(of: error))
        } catch let error as ScenarioError {
            throw error
        } catch {
            throw ScenarioError("\(error)")
        }
    }

    private static func text(of error: MembershipChangeError) -> String {
        switch error {
        case .alreadyJoint: "config is already joint"
        case .noVotersToMakeJoint: "can't make a zero-voter config joint"
        case .notJoint: "can't leave a non-joint config"
        case .simpleChangeInJoint: "can't apply simple config change in joint config"
        case .moreThanOneVoterChanged: "more than one voter changed without entering joint config"
        case .removedAllVoters: "removed all voters"
        }
    }
}
