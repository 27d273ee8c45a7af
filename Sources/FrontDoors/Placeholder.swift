enum FrontDoorsPlaceholder {}
