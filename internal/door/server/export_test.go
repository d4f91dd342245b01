package server

// Leave has the node say that it is ending.
func (n *Node) Leave() { n.leaving.Store(true) }
