enum UnaryGRPCPlaceholder {}
