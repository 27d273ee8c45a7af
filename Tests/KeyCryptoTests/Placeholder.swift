import Testing

@Test("placeholder") func placeholderKeyCryptoTests() {}
