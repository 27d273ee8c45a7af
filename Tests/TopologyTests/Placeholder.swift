import Testing

@Test("placeholder") func placeholderTopologyTests() {}
