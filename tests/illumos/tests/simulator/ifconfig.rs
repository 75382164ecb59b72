//! ifconfig
