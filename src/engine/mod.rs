//! What happens: performs effects and appends events. Prints nothing.

pub mod child_env;
