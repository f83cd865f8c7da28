//! Clients of model servers, and the mock.
