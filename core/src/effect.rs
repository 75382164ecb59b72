//! What a step does to a host: the rules of the systems, as a function from snapshot to snapshot.
