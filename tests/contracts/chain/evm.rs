//! EVM code written by hand.
