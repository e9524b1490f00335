//! What happens: performs effects and appends events. Prints nothing.
