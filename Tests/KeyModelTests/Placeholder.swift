import Testing

@Test("placeholder") func placeholderKeyModelTests() {}
