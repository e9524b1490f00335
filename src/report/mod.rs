//! What is shown: events and faults become progress, text and JSON. Never reads the store.

pub mod fault;
