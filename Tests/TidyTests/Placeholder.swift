import Testing

@Test("placeholder") func placeholderTidyTests() {}
