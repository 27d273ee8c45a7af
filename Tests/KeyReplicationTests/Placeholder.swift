import Testing

@Test("placeholder") func placeholderKeyReplicationTests() {}
