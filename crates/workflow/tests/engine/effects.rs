//! Effects: what is repeated, what is not, and what nobody knows.
