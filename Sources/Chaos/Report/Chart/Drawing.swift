/// Shapes of an SVG picture, in its own units. Colours are classes of the page's style.
struct Drawing {
    enum Anchor: String { case start, middle, end }

    private(set) var body = ""

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, opacity: Double? = nil,
        title: String? = nil
    ) {
        let shade = opacity.map { " fill-opacity=\"\(FigureText.plain($0))\"" } ?? ""
        body += "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(0, width)))\" height=\"\(n(max(0, height)))\""
        body += " class=\"\(style)\"\(shade)" + ending("rect", title)
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        body += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" class=\"\(style)\"" + ending("circle", title)
    }

    /// A square on its tip: a moment, or a figure that is not within its bound.
    mutating func diamond(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        let (left, right, top, bottom) = (n(x - radius), n(x + radius), n(y - radius), n(y + radius))
        body += "<path d=\"M\(left) \(n(y))L\(n(x)) \(top)L\(right) \(n(y))L\(n(x)) \(bottom)Z\" class=\"\(style)\""
        body += ending("path", title)
    }

    mutating func path(_ commands: String, _ style: String) {
        guard !commands.isEmpty else { return }
        body += "<path d=\"\(commands)\" class=\"\(style)\"/>"
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "t", anchor: Anchor = .start) {
        let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
        body += "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(style)\"\(place)>\(HTMLText.escape(text))</text>"
    }

    mutating func insert(_ other: Drawing) { body += other.body }

    /// The picture, as wide as the page lets it be. Attributes begin with a blank and are safe.
    func picture(width: Double, height: Double, style: String, label: String, attributes: String = "") -> String {
        "<svg viewBox=\"0 0 \(n(width)) \(n(height))\" class=\"\(style)\" role=\"img\" "
            + "aria-label=\"\(HTMLText.escape(label))\"\(attributes)>\(body)</svg>"
    }

    private func ending(_ element: String, _ title: String?) -> String {
        title.map { "><title>\(HTMLText.escape($0))</title></\(element)>" } ?? "/>"
    }

    private func n(_ value: Double) -> String { FigureText.plain(value, digits: 1) }
}

extension Drawing {
    /// About how wide a text of the usual size is.
    static func width(of text: String) -> Double { Double(text.count) * 5.9 }
}
