/// A figure of each run as a dot on a line, with its bound.
enum DotStrip {
    private static let width = 190.0
    private static let height = 20.0

    /// Empty for less than two runs, as the figure itself says all then.
    static func picture(_ row: FigureRow, runs: [RunReport]) -> String {
        guard runs.count > 1 else { return "" }
        let figures = runs.map { ($0.seed, $0.figure(row.measure)) }
        let known = figures.compactMap(\.1).filter(\.isFinite)
        let high = max(known.max() ?? 0, row.bound ?? 0)
        let axis = Axis.linear(to: high * 1.04, from: 6, width - 20)
        var drawing = Drawing()
        drawing.line(6, height / 2, width - 20, height / 2, "grid")
        if let bound = row.bound {
            let x = axis.place(bound)
            drawing.line(x, 2, x, height - 2, "bound")
        }
        if let middle = row.middle, middle.isFinite {
            let x = axis.place(middle)
            drawing.line(x, 4, x, height - 4, "tick")
        }
        for (seed, figure) in figures {
            guard let figure else { continue }
            let title = "seed \(seed): \(row.measure.text(figure))"
            // A bound for the middle says nothing about a single run.
            let bound = row.isForMiddle ? nil : row.bound
            let isMet = bound.map { Expectation(row.measure, $0).isMet(by: figure) } ?? true
            let x = figure.isFinite ? axis.place(figure) : width - 8
            if isMet {
                drawing.circle(x, height / 2, 3, "dot", title: title)
            } else {
                drawing.diamond(x, height / 2, 4.5, "baddot", title: title)
            }
        }
        return drawing.picture(
            width: width, height: height, style: "dots", label: "\(row.measure.label) of \(known.count) runs")
    }
}
