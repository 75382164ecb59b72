//! ipadm
