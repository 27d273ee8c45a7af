import Testing

@Test("placeholder") func placeholderStorageTests() {}
