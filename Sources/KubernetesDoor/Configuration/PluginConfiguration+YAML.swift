import Logging
import Telemetry
import UnaryGRPC

extension PluginConfiguration {
    private static let keys = [
        "socket", "socketMode", "socketOwner", "socketGroup", "key", "endpoints", "regions", "identity", "trustDomain",
        "statusRefresh", "proofInterval", "allowedUIDs", "logLevel",
    ]

    /// Reads and checks a configuration file.
    package static func load(from path: String) throws(ConfigurationError) -> PluginConfiguration {
        try parse(try ConfigurationFile.read(path), source: path)
    }

    /// Reads and checks the text of a configuration file. `source` names it in errors.
    package static func parse(_ text: String, source: String) throws(ConfigurationError) -> PluginConfiguration {
        let file = try ConfigurationFile(parsing: text, source: source, known: keys)
        var result = PluginConfiguration(
            socket: try socket(file), key: try key(file), endpoints: try endpoints(file),
            identity: try path("identity", file))
        result.regions = try file.texts("regions") ?? []
        result.trustDomain = try file.text("trustDomain") ?? result.trustDomain
        result.statusRefresh =
            try duration("statusRefresh", .milliseconds(100) ... .seconds(60), file) ?? result.statusRefresh
        result.proofInterval =
            try duration("proofInterval", .seconds(1) ... .seconds(600), file) ?? result.proofInterval
        result.allowedUsers = try users(file)
        if let name = try file.text("logLevel") {
            guard let level = LogBootstrap.level(named: name) else {
                throw file.error(
                    "logLevel", "'\(name)' is none of trace, debug, info, notice, warning, error, critical")
            }
            result.logLevel = level
        }
        return result
    }

    private static func socket(_ file: ConfigurationFile) throws(ConfigurationError) -> UnixSocketOptions {
        var options = UnixSocketOptions(path: try path("socket", file))
        guard options.path.utf8.count <= 107 else {
            throw file.error("socket", "is longer than the 107 bytes of a socket's path")
        }
        if let text = try file.text("socketMode") {
            guard text.utf8.count <= 4, let mode = UInt32(text, radix: 8), mode & ~0o770 == 0, mode != 0 else {
                throw file.error("socketMode", "'\(text)' is not an octal mode without access for others, such as 0660")
            }
            options.mode = mode
        }
        options.owner = try number("socketOwner", file)
        options.group = try number("socketGroup", file)
        return options
    }

    private static func path(_ name: String, _ file: ConfigurationFile) throws(ConfigurationError) -> String {
        let path = try file.required(name)
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw file.error(name, "'\(path)' is not an absolute path")
        }
        return path
    }

    private static func number(_ name: String, _ file: ConfigurationFile) throws(ConfigurationError) -> UInt32? {
        guard let text = try file.text(name) else { return nil }
        return try identifier(text, name, file)
    }

    private static func identifier(
        _ text: String, _ name: String, _ file: ConfigurationFile
    ) throws(ConfigurationError) -> UInt32 {
        // The largest value means "leave as it is" to the kernel.
        guard let number = UInt32(text), number < .max else {
            throw file.error(name, "'\(text)' is not a user or group number")
        }
        return number
    }

    private static func users(_ file: ConfigurationFile) throws(ConfigurationError) -> Set<UInt32>? {
        guard let texts = try file.texts("allowedUIDs") else { return nil }
        guard !texts.isEmpty else {
            throw file.error("allowedUIDs", "names nobody; leave it out to let the socket's mode decide")
        }
        var users: Set<UInt32> = []
        for text in texts { users.insert(try identifier(text, "allowedUIDs", file)) }
        return users
    }

    private static func key(_ file: ConfigurationFile) throws(ConfigurationError) -> String {
        let name = try file.required("key")
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let isGood =
            parts.count == 3
            && parts.enumerated().allSatisfy { index, part in
                let inner = letters.union(index == 2 ? "-._".utf8 : "-".utf8)
                guard let first = part.utf8.first, let last = part.utf8.last else { return false }
                return part.utf8.count <= (index == 2 ? 128 : 63) && letters.contains(first) && letters.contains(last)
                    && part.utf8.allSatisfy(inner.contains)
            }
        guard isGood else { throw file.error("key", "'\(name)' is not a key's name; it is placement/tenant/key") }
        return name
    }

    private static func endpoints(_ file: ConfigurationFile) throws(ConfigurationError) -> [Address] {
        guard let texts = try file.texts("endpoints"), !texts.isEmpty else {
            throw file.error("endpoints", "at least one host:port is needed")
        }
        var endpoints: [Address] = []
        for text in texts {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (1...65_535).contains(port)
            else { throw file.error("endpoints", "'\(text)' is not host:port") }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                throw file.error("endpoints", "'\(text)' is not host:port; an IPv6 address stands in brackets")
            }
            guard !host.isEmpty else { throw file.error("endpoints", "'\(text)' is not host:port") }
            endpoints.append(Address(host: String(host), port: port))
        }
        return endpoints
    }

    private static func duration(
        _ name: String, _ range: ClosedRange<Duration>, _ file: ConfigurationFile
    ) throws(ConfigurationError) -> Duration? {
        guard let text = try file.text(name) else { return nil }
        let units: [(suffix: String, milliseconds: Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000)]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let count = Int64(text.dropLast(unit.suffix.count)), (0...1_000_000).contains(count),
            range.contains(.milliseconds(count * unit.milliseconds))
        else {
            throw file.error(
                name, "'\(text)' is not a duration from \(range.lowerBound) to \(range.upperBound), such as 2s")
        }
        return .milliseconds(count * unit.milliseconds)
    }
}
