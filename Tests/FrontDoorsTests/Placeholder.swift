import Testing

@Test("placeholder") func placeholderFrontDoorsTests() {}
