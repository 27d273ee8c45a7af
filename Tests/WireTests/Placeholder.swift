import Testing

@Test("placeholder") func placeholderWireTests() {}
