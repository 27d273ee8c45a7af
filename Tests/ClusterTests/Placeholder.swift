import Testing

@Test("placeholder") func placeholderClusterTests() {}
