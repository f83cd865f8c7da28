//! Passkeys, and later the other things we do not own.
