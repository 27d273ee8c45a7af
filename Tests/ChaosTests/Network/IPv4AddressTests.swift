import Chaos
import Testing

@Suite("IPv4 addresses")
struct IPv4AddressTests {
    @Test(
        "Four plain numbers are an address",
        arguments: [("10.86.0.1", 0x0A56_0001), ("0.0.0.0", 0), ("255.255.255.255", 0xFFFF_FFFF)] as [(String, UInt32)])
    func reads(text: String, number: UInt32) {
        #expect(IPv4Address(text)?.number == number)
    }

    @Test(
        "Everything else is not",
        arguments: [
            "", "10.86.0", "10.86.0.1.2", "10.86..1", "10.86.0.256", "10.86.0.01", "+1.2.3.4", "1.2.3.-4", " 1.2.3.4",
            "a.b.c.d", "10.86.0.1/16",
        ])
    func refuses(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(
        "A host's address is in the network, neither its first nor its last",
        arguments: [
            ("10.86.0.1", true), ("10.86.255.254", true), ("10.86.0.0", false), ("10.86.255.255", false),
            ("10.87.0.1", false), ("127.0.0.1", false),
        ])
    func onLink(text: String, isOnLink: Bool) {
        #expect(IPv4Address(text)?.isOnLink == isOnLink)
    }
}
