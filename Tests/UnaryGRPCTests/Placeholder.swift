import Testing

@Test("placeholder") func placeholderUnaryGRPCTests() {}
