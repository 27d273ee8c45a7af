/// Replaces comments and the contents of string literals by spaces, so that rules see code alone. Line breaks are kept.
struct CodeText {
    private let scalars: [Unicode.Scalar]
    private var output = String.UnicodeScalarView()
    private var position = 0

    static func blanked(_ text: String) -> String {
        var reader = CodeText(scalars: Array(text.unicodeScalars))
        reader.readCode(untilParenthesis: false)
        return String(reader.output)
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < scalars.count ? scalars[position + offset] : nil
    }

    private func begins(with text: String, at offset: Int = 0) -> Bool {
        var index = position + offset
        for scalar in text.unicodeScalars {
            guard index < scalars.count, scalars[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    private mutating func keep() {
        output.append(scalars[position])
        position += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < scalars.count {
            output.append(scalars[position] == "\n" ? "\n" : " ")
            position += 1
        }
    }

    /// Code up to the end, or up to the parenthesis that ends an interpolation. Interpolated code is blanked too.
    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while let scalar = peek() {
            if begins(with: "//") {
                while let next = peek(), next != "\n" { blank() }
            } else if begins(with: "/*") {
                readBlockComment()
            } else if let hashes = stringStart() {
                readString(hashes: hashes)
            } else if untilParenthesis {
                if scalar == "(" { depth += 1 }
                if scalar == ")" { depth -= 1 }
                blank()
                if depth == 0 { return }
            } else {
                keep()
            }
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if begins(with: "/*") {
                depth += 1
                blank(2)
            } else if begins(with: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && peek() != nil
    }

    /// The number of `#` before a quote that starts here; nil where no string starts.
    private func stringStart() -> Int? {
        var hashes = 0
        while peek(hashes) == "#" { hashes += 1 }
        return peek(hashes) == "\"" ? hashes : nil
    }

    /// A string literal: its quotes are kept as two quotes, so that calls keep their shape.
    private mutating func readString(hashes: Int) {
        let pounds = String(repeating: "#", count: hashes)
        blank(hashes)
        let isMultiline = begins(with: "\"\"\"")
        let end = (isMultiline ? "\"\"\"" : "\"") + pounds
        blank((isMultiline ? 3 : 1) - 1)
        keep()
        while let scalar = peek() {
            if begins(with: end) {
                keep()
                return blank(end.unicodeScalars.count - 1)
            }
            if scalar == "\n" && !isMultiline { return }
            if begins(with: "\\" + pounds) {
                blank(1 + hashes)
                if peek() == "(" { readCode(untilParenthesis: true) } else { blank() }
            } else {
                blank()
            }
        }
    }
}
