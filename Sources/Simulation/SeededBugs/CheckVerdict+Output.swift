extension CheckVerdict {
    /// Reads what a layer printed before it ended; of chaos its `report.json`, empty when it wrote none. `isTrap` when
    /// a signal ended it.
    package init(
        layer: CheckLayer, output: String, succeeded: Bool, isTrap: Bool, isHung: Bool, seconds: Double
    ) {
        if layer == .chaos {
            self = Self.chaos(report: output, succeeded: succeeded, isHung: isHung, seconds: seconds)
            return
        }
        let lines = output.split(separator: "\n")
        let found = succeeded ? nil : Self.firstComplaint(in: lines, of: layer)
        var count = found?.count
        if count == nil, !succeeded, layer == .simulation {
            // The seed that trapped follows those that were told of.
            count = lines.count { $0.contains(" steps  ") } + 1
        }
        let trap = lines.first { $0.contains("Fatal error") || $0.contains("Assertion") }
        self.init(
            layer: layer, end: isHung ? .hung : isTrap ? .died : succeeded ? .passed : .failed,
            count: isHung ? nil : count, reason: isTrap ? trap.map(String.init) : found?.reason, seconds: seconds)
    }

    private static func firstComplaint(
        in lines: [Substring], of layer: CheckLayer
    ) -> (count: Int, reason: String)? {
        switch layer {
        // Seeds are counted from 1, cycles and trials from 0.
        case .simulation: return numbered("seed ", in: lines, from: 1)
        case .crashes: return numbered("cycle ", in: lines, from: 0)
        case .bitrot: return numbered("trial ", in: lines, from: 0)
        case .scenarios:
            let wrong = lines.filter { line in
                let words = line.split(separator: " ")
                return words.count == 4 && words[0].hasSuffix(":") && words[2] == "of" && words[1] != words[3]
            }
            return wrong.first.map { (wrong.count, String($0)) }
        case .tests, .storms, .locks:
            let wrong = lines.filter {
                $0.contains(" Test ") && $0.contains(" failed after ") && !$0.contains(" Test run ")
            }
            return wrong.first.map { (wrong.count, String($0.drop { !$0.isASCII || $0 == " " })) }
        // Its report is read, and nothing that it prints.
        case .chaos: return nil
        }
    }

    /// The first line that begins with the word, a number, and a comma or colon.
    private static func numbered(
        _ word: String, in lines: [Substring], from first: Int
    ) -> (count: Int, reason: String)? {
        for line in lines where line.hasPrefix(word) {
            let digits = line.dropFirst(word.count).prefix { $0.isNumber }
            let rest = line.dropFirst(word.count + digits.count)
            guard let number = Int(digits), rest.hasPrefix(",") || rest.hasPrefix(":") else { continue }
            return (number - first + 1, String(line))
        }
        return nil
    }
}
