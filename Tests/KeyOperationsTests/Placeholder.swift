import Testing

@Test("placeholder") func placeholderKeyOperationsTests() {}
