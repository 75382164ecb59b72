//! mpathd
