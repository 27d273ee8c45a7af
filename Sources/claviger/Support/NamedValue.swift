import ArgumentParser

/// `name=value` as an argument.
struct NamedValue: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    /// As a dictionary; a name that is given twice is a mistake.
    static func dictionary(_ pairs: [NamedValue]) throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in pairs where result.updateValue(pair.value, forKey: pair.name) != nil {
            throw ValidationError("'\(pair.name)' is given twice")
        }
        return result
    }
}
