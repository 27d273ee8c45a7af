enum TopologyPlaceholder {}
