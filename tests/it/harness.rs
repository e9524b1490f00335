//! Proves the test support itself, by the real `claude` and without atlas.

mod fake;
mod model;
mod real;
mod world;
