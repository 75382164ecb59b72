//! ipmpstat
