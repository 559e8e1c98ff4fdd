"""The parts of view_node: what it hears of the node, and the web page that shows it."""
