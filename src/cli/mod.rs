//! What was asked: one file a command.
