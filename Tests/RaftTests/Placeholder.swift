import Testing

@Test("placeholder") func placeholderRaftTests() {}
